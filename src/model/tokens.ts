/** What a program has of tokens that stand for patches, whatever lies between its blocks. */
export interface Tokens {
  /** The value after each block, from the first, `[prefixTokens + patches, width]`. */
  readonly blocks: readonly string[]
  /**
   * What the last norm makes: of all tokens or, where it comes after pooling, of the pooled one. Absent where there is
   * none.
   */
  readonly norm?: string | undefined
  /** Tokens before those of the patches. */
  readonly prefixTokens: number
  /** Whether the first of them is a class token. */
  readonly classToken: boolean
  /** Rows and columns of patches. */
  readonly grid: readonly [rows: number, columns: number]
  /** What attention pooling (MAP) makes, `[1, width]`; absent where the model has no such head. */
  readonly map?: string | undefined
  /** Absent where the model has no attention. */
  readonly encoder?: Encoder | undefined
}

/**
 * What pictures of attention and of embeddings need of a transformer. The softmax weights of block `i` are the value
 * `blocks.I.attention.weights`.
 */
export interface Encoder {
  readonly heads: number
  /** Length of a token. */
  readonly width: number
  /** Height, width and channels of what a patch is cut from. */
  readonly patch: readonly [height: number, width: number, channels: number]
}
