import type { Attention, Linear, Op, PatchEmbed, Program } from '../../../src/program/program.ts'
import { outputOf } from '../../cases/case.ts'
import type { Format, Weights } from '../../engine/peer.ts'
import { bytes, columns } from './matrix.ts'
import {
  type Attribute,
  elementType,
  encodeOnnx,
  type Initializer,
  type Node,
} from './onnx-file.ts'

/** The name of the file. */
export const MODEL = 'model.onnx'

export const format: Format = {
  *files({ program }, weights) {
    yield [MODEL, onnxModel(program, weights)]
  },
}

/**
 * A program as an .onnx file with the input `pixels` and the output `logits`, in the form that
 * onnxruntime is fastest with: two-dimensional Gemm for every linear layer (its bias costs nothing
 * there), keys and values as layers of their own, Microsoft's fused attention.
 */
export function onnxModel(program: Program, weights: Weights): Uint8Array {
  const nodes: Node[] = []
  const initializers: Initializer[] = []
  const name = (id: number) => (id === outputOf(program).id ? 'logits' : `v${id}`)
  const shape = (id: number) => program.values[id]!.shape
  // Keys and values that only attention reads are made by two layers instead of one cut in two.
  const keyValues = new Set(
    program.ops.flatMap((op) => (op.op === 'attention' ? [op.keyValue] : [])),
  )
  for (const op of program.ops) lower(op)
  const dims = shape(program.input)
  return encodeOnnx({
    nodes,
    initializers,
    input: { name: 'pixels', dims },
    output: { name: 'logits', dims: shape(outputOf(program).id) },
  })

  function lower(op: Op): void {
    switch (op.op) {
      case 'patch_embed':
        patchEmbed(op)
        return
      case 'tokens': {
        const inputs = [...(op.prefix === undefined ? [] : [weight(op.prefix)]), name(op.input)]
        const all = node('Concat', inputs, `${name(op.output)}.all`, { axis: 0 })
        node('Add', [all, weight(op.position)], name(op.output))
        return
      }
      case 'layer_norm': {
        const inputs = [name(op.input), vector(op.scale), vector(op.bias)]
        const attributes = { axis: -1, epsilon: { float: op.eps } }
        node('LayerNormalization', inputs, name(op.output), attributes)
        return
      }
      case 'linear':
        if (keyValues.has(op.output)) {
          half(op, 'keys', 0)
          half(op, 'values', 1)
        } else {
          linear(op)
        }
        return
      case 'attention':
        attention(op)
        return
      case 'rows':
        rows(name(op.input), op.from, op.from + shape(op.output)[0], name(op.output))
        return
      case 'mean_rows': {
        const run = rows(name(op.input), op.from, shape(op.input)[0], `${name(op.output)}.run`)
        node('ReduceMean', [run, integers('axis0', [0])], name(op.output), { keepdims: 1 })
      }
    }
  }

  function patchEmbed(op: PatchEmbed): void {
    const [height, stride] = shape(op.input)
    const [patchHeight, patchWidth] = op.patchSize
    const grid = [height / patchHeight, stride / 3 / patchWidth] as const
    const out = name(op.output)
    const cut = reshape('pixels', [grid[0], patchHeight, grid[1], patchWidth * 3], `${out}.cut`)
    const turned = node('Transpose', [cut], `${out}.turned`, { perm: [0, 2, 1, 3] })
    const patches = reshape(
      turned,
      [grid[0] * grid[1], program.weights[op.kernel]!.shape[0]],
      `${out}.patches`,
    )
    node('Gemm', [patches, weight(op.kernel), ...optionalVector(op.bias)], out)
  }

  function linear(op: Linear): void {
    const out = name(op.output)
    const steps: ((input: string, output: string) => void)[] = [
      (input, output) =>
        node('Gemm', [input, weight(op.kernel), ...optionalVector(op.bias)], output),
    ]
    if (op.activation === 'tanh') steps.push((input, output) => node('Tanh', [input], output))
    if (op.activation === 'gelu_erf' || op.activation === 'gelu_tanh') {
      const approximate = op.activation === 'gelu_erf' ? 'none' : 'tanh'
      steps.push((input, output) => node('Gelu', [input], output, { approximate }))
    }
    const { residual } = op
    if (residual !== undefined) {
      steps.push((input, output) => node('Add', [input, name(residual)], output))
    }
    let value = name(op.input)
    for (const [i, step] of steps.entries()) {
      const output = i === steps.length - 1 ? out : `${out}.${i}`
      step(value, output)
      value = output
    }
  }

  function half(op: Linear, part: 'keys' | 'values', side: 0 | 1): void {
    const width = shape(op.output)[1]
    const piece = (id: number, rows: number[]) => {
      const { name } = program.weights[id]!
      const data = columns(weights.get(name)!, width, (side * width) / 2, width / 2)
      return floats(`${name}.${part}`, [...rows, width / 2], data)
    }
    const inputs = [name(op.input), piece(op.kernel, [shape(op.input)[1]])]
    if (op.bias !== undefined) inputs.push(piece(op.bias, []))
    node('Gemm', inputs, `${name(op.output)}.${part}`)
  }

  function attention(op: Attention): void {
    const out = name(op.output)
    const batch = (value: string, rows: number) =>
      reshape(value, [1, rows, shape(op.query)[1]], `${value}.batch`)
    const tokens = shape(op.keyValue)[0]
    const inputs = [
      batch(name(op.query), shape(op.query)[0]),
      batch(`${name(op.keyValue)}.keys`, tokens),
      batch(`${name(op.keyValue)}.values`, tokens),
    ]
    const heads = { num_heads: op.heads }
    const all = node('MultiHeadAttention', inputs, `${out}.all`, heads, 'com.microsoft')
    reshape(all, shape(op.output), out)
  }

  function node(
    op: string,
    inputs: readonly string[],
    output: string,
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): string {
    nodes.push({ op, domain, inputs, output, attributes })
    return output
  }

  function reshape(input: string, dims: readonly number[], output: string): string {
    return node('Reshape', [input, integers(`shape.${dims.join('x')}`, dims)], output)
  }

  function rows(input: string, from: number, to: number, output: string): string {
    const bounds = [
      integers(`at${from}`, [from]),
      integers(`at${to}`, [to]),
      integers('axis0', [0]),
    ]
    return node('Slice', [input, ...bounds], output)
  }

  function weight(id: number): string {
    const { name, shape } = program.weights[id]!
    return floats(name, shape, weights.get(name)!)
  }

  function vector(id: number): string {
    const { name, shape } = program.weights[id]!
    return floats(name, [shape[1]], weights.get(name)!)
  }

  function optionalVector(id: number | undefined): string[] {
    return id === undefined ? [] : [vector(id)]
  }

  function floats(name: string, dims: readonly number[], data: Float32Array): string {
    return constant(name, elementType.float, dims, bytes(data))
  }

  function integers(name: string, values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt)
    return constant(name, elementType.int64, [values.length], bytes(data))
  }

  function constant(name: string, type: number, dims: readonly number[], data: Uint8Array) {
    if (!initializers.some((other) => other.name === name)) {
      initializers.push({ name, type, dims, data })
    }
    return name
  }
}
