import { type Data, elements, ready } from '../constant.ts'
import { bytes } from '../matrix.ts'
import type { Operator, OperatorName, OptionField, Tensor } from './file.ts'

/** Collects the tensors and operators of a graph. All methods return the index of a tensor. */
export class TfliteGraph {
  readonly tensors: Tensor[] = []
  readonly operators: Operator[] = []
  readonly #constants = new Map<string, number>()

  apply(
    name: OperatorName,
    inputs: readonly number[],
    dims: readonly number[],
    options: readonly OptionField[] = [],
  ): number {
    const output = this.computed(`${name} ${this.operators.length}`, dims)
    this.operators.push({ name, inputs, output, options })
    return output
  }

  reshape(tensor: number, dims: readonly number[]): number {
    return this.apply('RESHAPE', [tensor, this.integers(dims)], dims)
  }

  /** Dimension `i` of the result is dimension `order[i]` of the tensor. */
  transpose(tensor: number, order: readonly number[]): number {
    const { dims } = this.tensors[tensor]!
    return this.apply(
      'TRANSPOSE',
      [tensor, this.integers(order)],
      order.map((i) => dims[i]!),
    )
  }

  /** `count` indices of one axis, `from` and up. */
  slice(tensor: number, axis: number, from: number, count: number): number {
    const { dims } = this.tensors[tensor]!
    const start = dims.map((_, i) => (i === axis ? from : 0))
    const size = dims.map((dim, i) => (i === axis ? count : dim))
    return this.apply('SLICE', [tensor, this.integers(start), this.integers(size)], size)
  }

  /** The mean over one axis, which is 1 long afterwards. */
  mean(tensor: number, axis: number): number {
    const { dims } = this.tensors[tensor]!
    const result = dims.map((dim, i) => (i === axis ? 1 : dim))
    return this.apply('MEAN', [tensor, this.integers([axis])], result, [{ field: 0, int8: 1 }])
  }

  computed(name: string, dims: readonly number[]): number {
    return this.tensors.push({ name, type: 'float32', dims }) - 1
  }

  floats(name: string, dims: readonly number[], make: () => Float32Array): number {
    const data = { size: 4 * elements(dims), make: () => bytes(make()) }
    return this.#constant({ name, type: 'float32', dims, data })
  }

  /** @param scales of each index of the first dimension */
  int8s(
    name: string,
    dims: readonly number[],
    scales: Float32Array,
    make: () => Int8Array,
  ): number {
    const data = { size: elements(dims), make: () => bytes(make()) }
    return this.#constant({ name, type: 'int8', dims, data, scales })
  }

  integers(values: readonly number[], dims: readonly number[] = [values.length]): number {
    const data = ready(bytes(Int32Array.from(values)))
    const name = `int ${values.join(' ')}${dims.length > 1 ? `, ${dims.join('x')}` : ''}`
    return this.#constant({ name, type: 'int32', dims, data })
  }

  /** Made once for each name. */
  #constant(tensor: Tensor & { data: Data }): number {
    let index = this.#constants.get(tensor.name)
    if (index === undefined) {
      index = this.tensors.push(tensor) - 1
      this.#constants.set(tensor.name, index)
    }
    return index
  }
}
