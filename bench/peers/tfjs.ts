import type { Place } from '../engine/peer.ts'

/** The little of TensorFlow.js that is used here. */
export interface Tfjs {
  readonly fused: {
    matMul(operands: { a: Tensor; b: Tensor; bias?: Tensor | undefined }): Tensor
    conv2d(operands: Convolution): Tensor
  }
  env(): Environment
  setBackend(name: string): Promise<boolean>
  tidy<T>(compute: () => T): T
  tensor(values: Float32Array, shape: readonly number[]): Tensor
  reshape(x: Tensor, shape: readonly number[]): Tensor
  transpose(x: Tensor, order?: readonly number[]): Tensor
  slice(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor
  concat(parts: readonly Tensor[], axis: number): Tensor
  tile(x: Tensor, times: readonly number[]): Tensor
  add(a: Tensor, b: Tensor | number): Tensor
  sub(a: Tensor, b: Tensor | number): Tensor
  mul(a: Tensor, b: Tensor | number): Tensor
  square(x: Tensor): Tensor
  rsqrt(x: Tensor): Tensor
  erf(x: Tensor): Tensor
  sigmoid(x: Tensor): Tensor
  tanh(x: Tensor): Tensor
  softmax(x: Tensor): Tensor
  mean(x: Tensor, axis: number, keepDims?: boolean): Tensor
}

export interface Tensor {
  data(): Promise<Float32Array>
  dispose(): void
}

interface Convolution {
  x: Tensor
  filter: Tensor
  strides: number | [number, number]
  pad: 'valid'
  bias?: Tensor | undefined
}

interface Environment {
  getAsync(flag: string): Promise<boolean | number>
  set(flag: string, value: boolean | number): void
}

/**
 * Core and one backend, which finds the same core. In Node, what `require` of the packages gives: it
 * has no ES modules that Node can import. In a page, the builds for `<script>`, imported as modules,
 * which leave themselves in `globalThis.tf`: the ES modules are hundreds of files without endings,
 * and import packages that are none (`seedrandom`, `long`).
 */
export async function importTfjs<Backend>(
  place: Place,
  name: 'wasm' | 'cpu',
): Promise<{ tf: Tfjs; backend: Backend }> {
  const file = (part: string, build: string) => `@tensorflow/tfjs-${part}/dist/tf-${part}.${build}`
  const [core, backend] = ['core', `backend-${name}`] as const
  if (place.runtime === 'node') {
    const { default: tf } = await place.module<{ default: Tfjs }>(file(core, 'node.js'))
    const found = await place.module<{ default: Backend }>(file(backend, 'node.js'))
    return { tf, backend: found.default }
  }
  await place.module(file(core, 'es2017.min.js'))
  await place.module(file(backend, 'es2017.min.js'))
  const { tf } = globalThis as unknown as { tf: Tfjs & { wasm: Backend } }
  return { tf, backend: tf.wasm }
}
