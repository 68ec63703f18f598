/**
 * A Program is a model as a short list of tensor operations, in static single assignment: every
 * operation makes one new value. It says what is computed for one image, not how; backends run it.
 * Values and weights are matrices `[rows, columns]`; a vector is a matrix of one row.
 */
export type Shape = readonly [rows: number, columns: number]

/** Index of a value in `Program.values`. */
export type ValueId = number

export interface Value {
  /** For people, taps and tests: `blocks.0.fc2`, `norm`, `logits`. */
  readonly name: string
  readonly shape: Shape
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

export type Activation = 'none' | 'gelu_tanh' | 'gelu_erf' | 'tanh'

/** Pixels `[height, width * 3]` to patches: `[gridH * gridW, patchH * patchW * 3] x kernel + bias`. */
export interface PatchEmbed {
  readonly op: 'patch_embed'
  readonly input: ValueId
  readonly output: ValueId
  readonly kernel: WeightId
  readonly bias: WeightId | undefined
  readonly patchSize: readonly [height: number, width: number]
}

/** Prefix tokens, then the input rows; the position embedding is added to all of them. */
export interface Tokens {
  readonly op: 'tokens'
  readonly input: ValueId
  readonly output: ValueId
  /** `[prefix, width]` */
  readonly prefix: WeightId | undefined
  /** `[prefix + input rows, width]` */
  readonly position: WeightId
}

export interface LayerNorm {
  readonly op: 'layer_norm'
  readonly input: ValueId
  readonly output: ValueId
  readonly scale: WeightId
  readonly bias: WeightId
  readonly eps: number
}

/** `activation(input x kernel + bias) + residual` */
export interface Linear {
  readonly op: 'linear'
  readonly input: ValueId
  readonly output: ValueId
  readonly kernel: WeightId
  readonly bias: WeightId | undefined
  readonly activation: Activation
  readonly residual: ValueId | undefined
}

/**
 * Scaled dot-product attention of all heads: `softmax(q k^T / sqrt(head width)) v`.
 * `query` is `[queries, width]`; `keyValue` is `[tokens, 2 * width]`, keys left of values.
 */
export interface Attention {
  readonly op: 'attention'
  readonly query: ValueId
  readonly keyValue: ValueId
  readonly output: ValueId
  /** The softmax weights `[heads * queries, tokens]`, where somebody asks for them. */
  readonly weights: ValueId | undefined
  readonly heads: number
}

/** A run of rows, unchanged. */
export interface Rows {
  readonly op: 'rows'
  readonly input: ValueId
  readonly output: ValueId
  readonly from: number
}

/** The mean over rows `from` and up: `[1, columns]`. */
export interface MeanRows {
  readonly op: 'mean_rows'
  readonly input: ValueId
  readonly output: ValueId
  readonly from: number
}

export type Op = PatchEmbed | Tokens | LayerNorm | Linear | Attention | Rows | MeanRows

export interface Program {
  readonly values: readonly Value[]
  readonly weights: readonly Weight[]
  readonly ops: readonly Op[]
  /** The pixels of one image, `[height, width * 3]`, channels last; any matrix in a part of a model. */
  readonly input: ValueId
  /** What a run returns, by name. */
  readonly outputs: Readonly<Record<string, ValueId>>
}
