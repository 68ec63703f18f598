import type { TensorInfo } from '../checkpoint.ts'
import type { Piece } from './piece.ts'
import type { TensorRow } from './publisher.ts'
import type { Sizes } from './shape.ts'

/** What a config wants of a file, and what becomes of each tensor; made by its family. */
export interface Layout {
  /** For messages: `a plain ViT of width 192 and 12 blocks`. */
  readonly title: string
  readonly blocks: number
  /** The number of blocks of a slot, where not all slots have the same. */
  blocksOf?(slot: string): number
  readonly sizes: Sizes
  /** The table of names for this config; absent where the publisher's is the same for all configs. */
  readonly tensors?: readonly TensorRow[]
  /** Does a model of this config have this slot? */
  has(slot: string): boolean
  /** May a tensor of this slot be left over, where the model does not have it? */
  isOptional(slot: string): boolean
  /** @returns the tensor's pieces, or why it does not fit: `tensor: [shape], reason` goes on with it */
  pieces(slot: string, block: number, tensor: TensorInfo): readonly Piece[] | string
  /** What fills a slot of which the file has no tensor; undefined where it must have one. */
  absent(slot: string): readonly Piece[] | undefined
}

export interface Matched {
  /** For every weight, the pieces that fill it. */
  readonly pieces: ReadonlyMap<string, readonly Piece[]>
  /** Tensors that are of no use for this config, or not of this model. */
  readonly ignored: readonly string[]
}
