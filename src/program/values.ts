/** Values and weights are matrices; a vector is a matrix of one row. */
export type Shape = readonly [rows: number, columns: number]

/** Rows `from` to `to`, exclusive. */
export interface RowRange {
  readonly from: number
  readonly to: number
}

export type ValueType = 'f32' | 'i32'

/** Index of a value in `Program.values`. */
export type ValueId = number

export interface Value {
  /** A name such as `blocks.0.fc2`, `norm` or `logits`. */
  readonly name: string
  /** The shape for one image or text. */
  readonly shape: Shape
  /** Only inputs can be `i32`. */
  readonly type: ValueType
  /** One for all images of a run, the sum of what each of them gives: the gradient of a weight. */
  readonly shared?: true
}

/**
 * The role of a weight, which decides how a backend stores it: the right-hand side of a matrix product, a row
 * that is added or multiplied, or rows of tokens. A table is computed from the config, so it is never trained,
 * never quantised, and in no file.
 */
export type WeightRole = 'kernel' | 'vector' | 'tokens' | 'table'

export interface Weight {
  readonly name: string
  readonly shape: Shape
  readonly role: WeightRole
  /**
   * Whether a kernel stays in floating point when a backend quantises: the first and last kernels of a model are
   * small, and later layers do not average out their errors.
   */
  readonly precise?: boolean
}

/** Index of a weight in `Program.weights`. */
export type WeightId = number
