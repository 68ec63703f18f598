import type { OnnxFile, OnnxNode } from './onnx-reader.ts'

type Dims = number[]

/**
 * The shapes of all values of an .onnx file, as ONNX's rules have them.
 * @throws Error where an operator's inputs do not fit, or are not there yet
 */
export function inferShapes({ inputs, initializers, nodes }: OnnxFile): Map<string, Dims> {
  const shapes = new Map<string, Dims>()
  for (const { name, dims } of [...inputs, ...initializers.values()]) shapes.set(name, dims)
  for (const node of nodes) {
    const known = node.inputs.map((name) => {
      // An optional input that is left out.
      if (name === '') return []
      const dims = shapes.get(name)
      if (!dims) throw new Error(`${node.op} reads ${name}, which is not there yet.`)
      return dims
    })
    const integers = (i: number) => {
      const { buffer, byteOffset, byteLength } = initializers.get(node.inputs[i]!)!.bytes
      return [...new BigInt64Array(buffer.slice(byteOffset, byteOffset + byteLength))].map(Number)
    }
    for (const [i, output] of node.outputs.entries()) {
      if (shapes.has(output)) throw new Error(`${output} is made twice.`)
      shapes.set(output, i === 0 ? infer(node, known, integers) : [])
    }
  }
  return shapes
}

function infer(node: OnnxNode, [a, b, c, , , f]: Dims[], integers: (input: number) => Dims): Dims {
  const { op, attributes } = node
  switch (op) {
    case 'Gemm':
    case 'MatMulInteger':
      fits(node, a!.length === 2 && a![1] === b![0] && (op !== 'Gemm' || !c || c[0] === b![1]))
      return [a![0]!, b![1]!]
    case 'LayerNormalization':
      fits(node, a!.at(-1) === b![0] && a!.at(-1) === c![0])
      return a!
    case 'MatMul':
      fits(node, a!.at(-1) === b!.at(-2))
      return [...broadcast(a!.slice(0, -2), b!.slice(0, -2)), a!.at(-2)!, b!.at(-1)!]
    case 'Conv':
    case 'ConvInteger':
      fits(node, a!.length === 4 && b!.length === 4 && a![1] === b![1])
      fits(node, String(b!.slice(2)) === String(attributes.kernel_shape))
      return [a![0]!, b![0]!, ...windows(a!, attributes)]
    case 'MaxPool':
      return [a![0]!, a![1]!, ...windows(a!, attributes)]
    case 'InstanceNormalization':
      fits(node, a![1] === b![0] && a![1] === c![0])
      return a!
    case 'Gelu':
    case 'Identity':
    case 'Sigmoid':
    case 'Sqrt':
    case 'Relu':
    case 'Softmax':
    case 'Tanh':
    case 'Cast':
    case 'DynamicQuantizeLinear':
      return a!
    case 'Add':
    case 'Div':
    case 'Mul':
    case 'Pow':
      return broadcast(a!, b!)
    case 'Reshape': {
      const dims = integers(1)
      fits(node, elements(dims) === elements(a!))
      return dims
    }
    case 'Transpose':
      return (attributes.perm as Dims).map((i) => a![i]!)
    case 'Slice': {
      const [from, to, axes] = [integers(1), integers(2), integers(3)]
      const dims = [...a!]
      axes.forEach((axis, i) => {
        fits(node, from[i]! >= 0 && from[i]! < to[i]! && to[i]! <= dims[axis]!)
        dims[axis] = to[i]! - from[i]!
      })
      return dims
    }
    case 'Concat': {
      const axis = attributes.axis as number
      const joined = [...a!]
      if (b) joined[axis]! += b[axis]!
      return joined
    }
    case 'ReduceMean':
      if (attributes.keepdims === 0) return a!.filter((_, i) => !integers(1).includes(i))
      return a!.map((dim, i) => (integers(1).includes(i) ? 1 : dim))
    case 'MultiHeadAttention': {
      const heads = attributes.num_heads as number
      fits(node, a!.length === 3 && a![0] === b![0] && a![2] === b![2] && a![2]! % heads === 0)
      fits(node, elements(b!) === elements(c!))
      if (f)
        fits(
          node,
          String(broadcast(f, [a![0]!, heads, a![1]!, b![1]!])) ===
            `${[a![0], heads, a![1], b![1]]}`,
        )
      return a!
    }
  }
  throw new Error(`This test knows no ${op}.`)
}

/** The rows and columns of the windows of `[batch, planes, rows, columns]`. */
function windows(dims: Dims, { kernel_shape, strides, pads }: OnnxNode['attributes']): Dims {
  const [sizes, steps, padding] = [kernel_shape, strides, pads] as Dims[]
  return [0, 1].map((axis) => {
    const side = dims[2 + axis]! + padding![axis]! + padding![2 + axis]!
    return Math.floor((side - sizes![axis]!) / steps![axis]!) + 1
  })
}

/** @throws Error where neither dimension is the other's or 1 */
export function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const left = a[i - rank + a.length] ?? 1
    const right = b[i - rank + b.length] ?? 1
    if (left !== right && left !== 1 && right !== 1) throw new Error(`[${a}] does not fit [${b}].`)
    return Math.max(left, right)
  })
}

export function elements(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1)
}

function fits({ op, inputs }: OnnxNode, right: boolean): void {
  if (!right) throw new Error(`The inputs of ${op} do not fit: ${inputs}.`)
}
