/** The part of TensorFlow.js 4 used here. Importing its types would make it a dependency. */
export interface Tfjs {
  readonly version_core: string
  readonly fused: {
    matMul(operands: { a: Tensor; b: Tensor; bias?: Tensor | undefined }): Tensor
    conv2d(operands: Convolution): Tensor
  }
  engine(): { readonly registryFactory: Readonly<Record<string, unknown>> }
  env(): Environment
  /** The name of the active backend; undefined or empty if there is none. */
  getBackend(): string | undefined
  setBackend(name: string): Promise<boolean>
  backend(): object
  memory(): { readonly numTensors: number }
  tidy<T>(compute: () => T): T
  keep(x: Tensor): Tensor
  tensor(
    values: Float32Array | Int32Array,
    shape: readonly number[],
    dtype?: 'float32' | 'int32',
  ): Tensor
  zeros(shape: readonly number[]): Tensor
  ones(shape: readonly number[]): Tensor
  reshape(x: Tensor, shape: readonly number[]): Tensor
  transpose(x: Tensor, order?: readonly number[]): Tensor
  slice(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor
  concat(parts: readonly Tensor[], axis: number): Tensor
  tile(x: Tensor, times: readonly number[]): Tensor
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor
  add(a: Tensor, b: Tensor | number): Tensor
  sub(a: Tensor, b: Tensor | number): Tensor
  mul(a: Tensor, b: Tensor | number): Tensor
  square(x: Tensor): Tensor
  relu(x: Tensor): Tensor
  gather(x: Tensor, indices: Tensor): Tensor
  maxPool(x: Tensor, size: Pair, strides: Pair, pad: 'valid' | Padding): Tensor
  avgPool(x: Tensor, size: Pair, strides: Pair, pad: 'valid'): Tensor
  rsqrt(x: Tensor): Tensor
  erf(x: Tensor): Tensor
  sigmoid(x: Tensor): Tensor
  tanh(x: Tensor): Tensor
  softmax(x: Tensor): Tensor
  neg(x: Tensor): Tensor
  exp(x: Tensor): Tensor
  log(x: Tensor): Tensor
  div(a: Tensor, b: Tensor | number): Tensor
  sqrt(x: Tensor): Tensor
  greater(a: Tensor, b: Tensor | number): Tensor
  where(condition: Tensor, a: Tensor, b: Tensor): Tensor
  zerosLike(x: Tensor): Tensor
  batchNorm4d(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    offset: Tensor,
    scale: Tensor | undefined,
    eps: number,
  ): Tensor
  mean(x: Tensor, axis: number | readonly number[], keepDims?: boolean): Tensor
  sum(x: Tensor, axis: number | readonly number[], keepDims?: boolean): Tensor
  max(x: Tensor, axis: number, keepDims?: boolean): Tensor
  argMax(x: Tensor, axis: number): Tensor
  oneHot(indices: Tensor, depth: number): Tensor
  pad(x: Tensor, paddings: readonly Pair[], value?: number): Tensor
  stridedSlice(
    x: Tensor,
    begin: readonly number[],
    end: readonly number[],
    strides: readonly number[],
  ): Tensor
}

export interface Tensor {
  readonly shape: readonly number[]
  data(): Promise<Float32Array>
  dispose(): void
}

type Pair = readonly [number, number]

/** Positions before and after each axis of `[images, rows, columns, channels]`. */
export type Padding = readonly [Pair, Pair, Pair, Pair]

interface Convolution {
  x: Tensor
  filter: Tensor
  strides: number | Pair
  pad: 'valid' | Padding
  bias?: Tensor | undefined
}

interface Environment {
  getAsync(flag: string): Promise<boolean | number>
  set(flag: string, value: boolean | number): void
}
