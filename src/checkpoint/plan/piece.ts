import type { Region } from '../../backends/backend.ts'
import type { Rearrange } from './rearrange.ts'
import type { Standardize } from './standardize.ts'

/** A run of a tensor's values and the rectangle of a weight that it fills. */
export interface Piece {
  readonly weight: string
  readonly tensor: string
  /** The run: `count` values from `start` on, in row-major order. */
  readonly start: number
  readonly count: number
  readonly region: Region
  /** Values are multiplied by this while they are loaded. */
  readonly scale: number
  /** A model that is loaded has them multiplied in. */
  readonly scaleBy?: Factors | undefined
  /** The program has no such weight: it is only there for files that are written. */
  readonly forFilesOnly?: true
  /** Done to the run before it fills the region; the run may change its length. */
  readonly rearrange?: Rearrange
  /** Done to a whole kernel, after `rearrange`, when a model is loaded; files keep the values as they are. */
  readonly standardize?: Standardize | undefined
}

/** Factors of a piece: one for each column of its region. */
export interface Factors {
  readonly tensor: string
  /** The value of the tensor that is the first column's. */
  readonly start: number
  /** Whether files that are written keep them apart, as those of LayerScale; others have the products. */
  readonly apart: boolean
}

/** Takes a block of a tensor that begins at value `at`. */
export type Write<Block> = (at: number, block: Block) => void
