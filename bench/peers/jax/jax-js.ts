/** The little of jax-js that is used here. */
export interface Jax {
  init(device: 'wasm'): Promise<string[]>
  defaultDevice(device: 'wasm'): string
  jit<F>(compute: F): F & { dispose(): void }
  readonly numpy: {
    array(values: Float32Array, options: { shape: readonly number[] }): JaxArray
    matmul(a: JaxArray, b: JaxArray): JaxArray
    concatenate(parts: readonly JaxArray[], axis: number): JaxArray
    sqrt(x: JaxArray): JaxArray
    tanh(x: JaxArray): JaxArray
  }
  readonly nn: {
    softmax(x: JaxArray): JaxArray
    sigmoid(x: JaxArray): JaxArray
  }
  readonly lax: { erf(x: JaxArray): JaxArray }
}

/**
 * A function that is given an array ends one of its references, and so does a method of the array;
 * `ref` makes another.
 */
export interface JaxArray {
  readonly ref: JaxArray
  add(other: JaxArray | number): JaxArray
  sub(other: JaxArray | number): JaxArray
  mul(other: JaxArray | number): JaxArray
  div(other: JaxArray | number): JaxArray
  mean(axis: number, options?: { keepdims: boolean }): JaxArray
  reshape(shape: readonly number[]): JaxArray
  transpose(order?: readonly number[]): JaxArray
  /** Per axis a range, or all of it. */
  slice(...ranges: ([from: number, to: number] | [])[]): JaxArray
  data(): Promise<Float32Array>
  dataSync(): Float32Array
  dispose(): void
}
