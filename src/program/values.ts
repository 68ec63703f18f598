/** Values and weights are matrices; a vector is a matrix of one row. */
export type Shape = readonly [rows: number, columns: number]

/** Rows `from` up to `to`, which is not one of them. */
export interface RowRange {
  readonly from: number
  readonly to: number
}

export type ValueType = 'f32' | 'i32'

/** Index of a value in `Program.values`. */
export type ValueId = number

export interface Value {
  /** For people, outputs and tests: `blocks.0.fc2`, `norm`, `logits`. */
  readonly name: string
  /** Of one image or one text. */
  readonly shape: Shape
  /** Only inputs are `i32`: what an operation makes is `f32`. */
  readonly type: ValueType
}

/**
 * What a weight is used as, which decides how a backend stores it: the right-hand side of a matrix
 * product, one row that is added or multiplied, or rows of tokens.
 */
export type WeightRole = 'kernel' | 'vector' | 'tokens'

export interface Weight {
  readonly name: string
  readonly shape: Shape
  readonly role: WeightRole
  /**
   * A kernel that stays in floating point where a backend computes with integers: the first and the
   * last of a model are small, and their errors are not averaged by what follows.
   */
  readonly precise?: boolean
}

/** Index of a weight in `Program.weights`. */
export type WeightId = number
