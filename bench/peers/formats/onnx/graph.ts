import { type Data, elements, ready } from '../constant.ts'
import { bytes } from '../matrix.ts'
import type { Attribute, Initializer, Node } from './file.ts'

/** Collects the nodes and initializers of a graph. All methods return the name of what they made. */
export class OnnxGraph {
  readonly nodes: Node[] = []
  readonly #initializers = new Map<string, Initializer>()

  get initializers(): Initializer[] {
    return [...this.#initializers.values()]
  }

  node(
    op: string,
    inputs: readonly string[],
    output: string,
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): string {
    this.nodes.push({ op, domain, inputs, outputs: [output], attributes })
    return output
  }

  /** Has `add` add the node that makes a name, unless there is one. */
  once(output: string, add: (output: string) => void): string {
    if (!this.#makes(output)) add(output)
    return output
  }

  /** A name that no node makes yet: the given one, or one that begins with it. */
  unused(name: string): string {
    let found = name
    for (let i = 2; this.#makes(found); i++) found = `${name}.${i}`
    return found
  }

  /** A value in u8, its scale and its zero point; made once for all that read it. */
  quantized(value: string): readonly [integers: string, scale: string, zeroPoint: string] {
    const outputs = [`${value}.u8`, `${value}.scale`, `${value}.zero`] as const
    this.once(outputs[0], () => {
      const op = 'DynamicQuantizeLinear'
      this.nodes.push({ op, domain: '', inputs: [value], outputs, attributes: {} })
    })
    return outputs
  }

  reshape(input: string, dims: readonly number[], output: string): string {
    return this.node('Reshape', [input, this.integers(`shape.${dims.join('x')}`, dims)], output)
  }

  /** Indices `from` to `to` of each of the axes. */
  slice(
    input: string,
    cuts: readonly (readonly [axis: number, from: number, to: number])[],
    output: string,
  ): string {
    const list = (column: 0 | 1 | 2) => {
      const values = cuts.map((cut) => cut[column])
      return this.integers(`list.${values.join('x')}`, values)
    }
    return this.node('Slice', [input, list(1), list(2), list(0)], output)
  }

  floats(name: string, dims: readonly number[], make: () => Float32Array): string {
    const data = { size: 4 * elements(dims), make: () => bytes(make()) }
    return this.#constant(name, 'float', dims, data)
  }

  int8s(name: string, dims: readonly number[], make: () => Int8Array): string {
    const data = { size: elements(dims), make: () => bytes(make()) }
    return this.#constant(name, 'int8', dims, data)
  }

  integers(name: string, values: readonly number[]): string {
    const data = ready(bytes(BigInt64Array.from(values, BigInt)))
    return this.#constant(name, 'int64', [values.length], data)
  }

  #makes(name: string): boolean {
    return this.nodes.some(({ outputs }) => outputs[0] === name)
  }

  /** Made once for each name. */
  #constant(name: string, type: Initializer['type'], dims: readonly number[], data: Data): string {
    if (!this.#initializers.has(name)) this.#initializers.set(name, { name, type, dims, data })
    return name
  }
}
