/** A transformer encoder over patches, as far as pictures of its attention and embeddings need it. */
export interface Encoder {
  /** Number of blocks. The softmax weights of block `i` are the value `blocks.I.attention.weights`. */
  readonly depth: number
  readonly heads: number
  /** Length of a token. */
  readonly width: number
  /** Tokens before those of the patches, the class token first. */
  readonly prefixTokens: number
  /** Rows and columns of patches. */
  readonly grid: readonly [rows: number, columns: number]
  /** Height, width and channels of what a patch is cut from. */
  readonly patch: readonly [height: number, width: number, channels: number]
}
