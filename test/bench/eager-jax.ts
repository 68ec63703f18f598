import type { Jax, JaxArray } from '../../bench/peers/jax/jax-js.ts'

/**
 * What is used of jax-js, computed at once in plain JavaScript. As there, an array has a number of
 * references, and whatever is given an array ends one of them.
 */
export class EagerJax implements Pick<Jax, 'numpy' | 'nn' | 'lax'> {
  /** References of all arrays that have not ended. */
  references = 0

  readonly numpy: Jax['numpy'] = {
    array: (values, { shape }) => this.#array([...values], shape),
    matmul: (a, b) => {
      const [left, right] = [this.#end(a), this.#end(b)]
      const [rows, inner, columns] = [left.shape[0]!, left.shape[1]!, right.shape[1]!]
      if (inner !== right.shape[0]) throw new Error(`[${left.shape}] x [${right.shape}]`)
      const values = Array.from({ length: rows * columns }, (_, i) => {
        const [row, column] = [Math.floor(i / columns), i % columns]
        let sum = 0
        for (let k = 0; k < inner; k++) {
          sum += left.values[row * inner + k]! * right.values[k * columns + column]!
        }
        return sum
      })
      return this.#array(values, [rows, columns])
    },
    concatenate: (parts, axis) => {
      const ended = parts.map((part) => this.#end(part))
      const shape = [...ended[0]!.shape]
      shape[axis] = ended.reduce((sum, part) => sum + part.shape[axis]!, 0)
      const rows = axis === 0 ? 1 : shape[0]!
      const values = Array.from({ length: rows }, (_, row) =>
        ended.flatMap((part) => {
          const length = part.values.length / rows
          return part.values.slice(row * length, (row + 1) * length)
        }),
      )
      return this.#array(values.flat(), shape)
    },
    sqrt: (x) => this.#map(x, Math.sqrt),
    tanh: (x) => this.#map(x, Math.tanh),
  }

  readonly nn: Jax['nn'] = {
    softmax: (x) => {
      const { values, shape } = this.#end(x)
      const columns = shape[1]!
      const powers = values.map(Math.exp)
      const sums = powers.map((_, i) => {
        const row = i - (i % columns)
        return powers.slice(row, row + columns).reduce((a, b) => a + b)
      })
      return this.#array(
        powers.map((power, i) => power / sums[i]!),
        shape,
      )
    },
    sigmoid: (x) => this.#map(x, (value) => 1 / (1 + Math.exp(-value))),
  }

  readonly lax: Jax['lax'] = { erf: (x) => this.#map(x, erf) }

  /** The values of an array, one of whose references this ends. */
  read(array: JaxArray): number[] {
    return this.#end(array).values
  }

  #array(values: readonly number[], shape: readonly number[]): JaxArray {
    this.references++
    return new EagerArray(this, values, shape)
  }

  #end(array: JaxArray): EagerArray {
    const eager = array as EagerArray
    if (eager.count-- <= 0) throw new Error('An array is used after its last reference ended.')
    this.references--
    return eager
  }

  #map(array: JaxArray, compute: (value: number) => number): JaxArray {
    const { values, shape } = this.#end(array)
    return this.#array(values.map(compute), shape)
  }

  /** An array from another one's values, at these places. */
  gather(array: EagerArray, shape: readonly number[], from: (indices: number[]) => number[]) {
    const { values, shape: old } = this.#end(array)
    const found = Array.from({ length: elements(shape) }, (_, i) => {
      const indices = shape.map(
        (dim, axis) => Math.floor(i / elements(shape.slice(axis + 1))) % dim,
      )
      return values[from(indices).reduce((place, index, axis) => place * old[axis]! + index, 0)]!
    })
    return this.#array(found, shape)
  }

  reshape(array: EagerArray, shape: readonly number[]): JaxArray {
    if (elements(shape) !== array.values.length) throw new Error(`[${array.shape}] to [${shape}]`)
    return this.#array(this.#end(array).values, shape)
  }

  /** Element by element, axes of length 1 and missing first axes repeated. */
  combine(
    a: EagerArray,
    b: JaxArray | number,
    compute: (a: number, b: number) => number,
  ): JaxArray {
    const { values, shape } = this.#end(a)
    if (typeof b === 'number') {
      return this.#array(
        values.map((value) => compute(value, b)),
        shape,
      )
    }
    const other = this.#end(b)
    const columns = shape[1]!
    return this.#array(
      values.map((value, i) => {
        const row = other.shape[0] === 1 ? 0 : Math.floor(i / columns)
        const column = other.shape[1] === 1 ? 0 : i % columns
        return compute(value, other.values[row * other.shape[1]! + column]!)
      }),
      shape,
    )
  }

  mean(array: EagerArray, axis: number): JaxArray {
    const { values, shape } = this.#end(array)
    const [rows, columns] = shape as [number, number]
    const kept = axis === 0 ? [1, columns] : [rows, 1]
    const sums: number[] = new Array(elements(kept)).fill(0)
    for (const [i, value] of values.entries()) {
      sums[axis === 0 ? i % columns : Math.floor(i / columns)]! += value
    }
    return this.#array(
      sums.map((sum) => sum / shape[axis]!),
      kept,
    )
  }

  reference(array: EagerArray): JaxArray {
    if (array.count <= 0) throw new Error('An array is used after its last reference ended.')
    array.count++
    this.references++
    return array
  }
}

class EagerArray implements JaxArray {
  count = 1
  readonly #jax: EagerJax
  readonly values: number[]
  readonly shape: readonly number[]

  constructor(jax: EagerJax, values: readonly number[], shape: readonly number[]) {
    this.#jax = jax
    this.values = [...values]
    this.shape = shape
  }

  get ref(): JaxArray {
    return this.#jax.reference(this)
  }

  add = (other: JaxArray | number) => this.#jax.combine(this, other, (a, b) => a + b)
  sub = (other: JaxArray | number) => this.#jax.combine(this, other, (a, b) => a - b)
  mul = (other: JaxArray | number) => this.#jax.combine(this, other, (a, b) => a * b)
  div = (other: JaxArray | number) => this.#jax.combine(this, other, (a, b) => a / b)
  mean = (axis: number) => this.#jax.mean(this, axis)
  reshape = (shape: readonly number[]) => this.#jax.reshape(this, shape)
  dataSync = (): Float32Array => Float32Array.from(this.#jax.read(this))
  data = async (): Promise<Float32Array> => this.dataSync()

  transpose(order: readonly number[] = [1, 0]): JaxArray {
    const shape = order.map((axis) => this.shape[axis]!)
    return this.#jax.gather(this, shape, (indices) =>
      order.map((_, i) => indices[order.indexOf(i)]!),
    )
  }

  slice(...ranges: ([from: number, to: number] | [])[]): JaxArray {
    const all = ranges.map(([from = 0, to], axis) => [from, to ?? this.shape[axis]!] as const)
    const shape = all.map(([from, to]) => to - from)
    return this.#jax.gather(this, shape, (indices) => indices.map((index, i) => index + all[i]![0]))
  }

  dispose(): void {
    this.#jax.read(this)
  }
}

const elements = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)

/** By its series, which is precise enough for the small values of a test. */
function erf(x: number): number {
  let [term, sum] = [x, x]
  for (let n = 1; n < 100; n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}
