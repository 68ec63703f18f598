import { onlyInput } from '../../../../src/backends/inputs.ts'
import type { Attention } from '../../../../src/program/ops/attention.ts'
import type { Activation, Linear } from '../../../../src/program/ops/linear.ts'
import type { Op } from '../../../../src/program/ops/operations.ts'
import { type PatchEmbed, patchGrid } from '../../../../src/program/ops/patch-embed.ts'
import type { Tokens } from '../../../../src/program/ops/tokens.ts'
import type { Shape } from '../../../../src/program/values.ts'
import { outputOf } from '../../../cases/case.ts'
import type { Format, Task, Weights } from '../../../engine/peer.ts'
import { columns, repeated } from '../matrix.ts'
import { ONNX_FILE } from '../names.ts'
import { columnScales, isQuantized, quantized } from '../quantize.ts'
import { type AttentionNodes, fusedAttention } from './attention-nodes.ts'
import { encodeOnnx } from './file.ts'
import { OnnxGraph } from './graph.ts'

export const format: Format = {
  *files(task, weights) {
    for (const piece of onnxModel(task, weights, fusedAttention)) yield [ONNX_FILE, piece]
  },
}

/**
 * A case as an .onnx file with the input `input` and the output `output`, in the form that
 * onnxruntime is fastest with: two-dimensional Gemm for every linear layer (its bias costs nothing
 * there), keys and values as layers of their own, Microsoft's fused attention. The images of a batch
 * lie one below the other, `[batch * rows, columns]`.
 *
 * In int8 it is what onnxruntime's `quantize_dynamic` makes, with a scale for each column of the
 * weights: activations are quantised to u8 when they are there, by their range.
 * @throws UnsupportedError above 2 GB
 */
export function onnxModel(
  { program, bench, dtype }: Task,
  weights: Weights,
  attend: AttentionNodes,
): Iterable<Uint8Array> {
  const { batch } = bench
  const graph = new OnnxGraph()
  const result = outputOf(program)
  const input = onlyInput(program).id
  const name = (id: number) => (id === input ? 'input' : id === result.id ? 'output' : `v${id}`)
  const shape = (id: number) => program.values[id]!.shape
  const stacked = ([rows, columns]: Shape) => [batch * rows, columns]
  const integers = new Map<string, readonly string[]>()
  // Keys and values that only attention reads are made by two layers instead of one cut in two.
  const keyValues = new Set(
    program.ops.flatMap((op) => (op.op === 'attention' ? [op.keyValue] : [])),
  )
  for (const op of program.ops) lower(op)
  return encodeOnnx({
    nodes: graph.nodes,
    initializers: graph.initializers,
    input: { name: 'input', dims: stacked(shape(input)) },
    output: { name: 'output', dims: stacked(result.shape) },
  })

  function lower(op: Op): void {
    const out = name(op.output)
    switch (op.op) {
      case 'patch_embed':
        patchEmbed(op)
        return
      case 'tokens':
        tokens(op)
        return
      case 'layer_norm': {
        const inputs = [name(op.input), vector(op.scale), vector(op.bias)]
        graph.node('LayerNormalization', inputs, out, { axis: -1, epsilon: { float: op.eps } })
        return
      }
      case 'linear':
        if (keyValues.has(op.output)) {
          layer(op, `${out}.keys`, 'keys')
          layer(op, `${out}.values`, 'values')
        } else {
          linear(op)
        }
        return
      case 'attention':
        attention(op)
        return
      case 'rows': {
        const to = op.from + shape(op.output)[0]
        const run = graph.slice(images(op.input), [[1, op.from, to]], `${out}.run`)
        graph.reshape(run, stacked(shape(op.output)), out)
        return
      }
      case 'mean_rows': {
        const cut = [1, op.from, shape(op.input)[0]] as const
        const run = graph.slice(images(op.input), [cut], `${out}.run`)
        const axis = graph.integers('list.1', [1])
        graph.node('ReduceMean', [run, axis], out, { keepdims: 0 })
      }
    }
  }

  function patchEmbed(op: PatchEmbed): void {
    const [height, width] = op.grid
    const [patchHeight, patchWidth] = op.patchSize
    const channels = shape(op.input)[1]
    const patchStride = channels * patchWidth
    const [gridHeight, gridWidth] = patchGrid(op)
    const out = name(op.output)
    let pixels = name(op.input)
    if (height % patchHeight > 0 || width % patchWidth > 0) {
      const cuts = [
        [1, 0, gridHeight * patchHeight],
        [2, 0, gridWidth * patchStride],
      ] as const
      const rows = graph.reshape(pixels, [batch, height, width * channels], `${out}.rows`)
      pixels = graph.slice(rows, cuts, `${out}.whole`)
    }
    const split = [batch * gridHeight, patchHeight, gridWidth, patchStride]
    const cut = graph.reshape(pixels, split, `${out}.cut`)
    const turned = graph.node('Transpose', [cut], `${out}.turned`, { perm: [0, 2, 1, 3] })
    const dims = [batch * gridHeight * gridWidth, patchHeight * patchStride]
    layer(op, out, 'all', graph.reshape(turned, dims, `${out}.patches`))
  }

  function tokens(op: Tokens): void {
    const out = name(op.output)
    const parts = [images(op.input)]
    if (op.prefix !== undefined) {
      const { name, shape } = program.weights[op.prefix]!
      const all = () => repeated(weights.get(name)!, batch)
      parts.unshift(graph.floats(name, [batch, ...shape], all))
    }
    const joined = graph.node('Concat', parts, `${out}.joined`, { axis: 1 })
    const { name: position, shape: dims } = program.weights[op.position]!
    const table = graph.floats(position, dims, () => weights.get(position)!)
    const placed = graph.node('Add', [joined, table], `${out}.placed`)
    graph.reshape(placed, stacked(shape(op.output)), out)
  }

  function linear(op: Linear): void {
    const out = name(op.output)
    const { activation, residual } = op
    const active = activation !== 'none'
    const added = residual !== undefined
    const product = layer(op, active || added ? `${out}.product` : out, 'all')
    const value = active ? activate(activation, product, added ? `${out}.active` : out) : product
    if (added) graph.node('Add', [value, name(residual)], out)
  }

  function activate(activation: Exclude<Activation, 'none'>, input: string, output: string) {
    if (activation === 'tanh') return graph.node('Tanh', [input], output)
    const approximate = activation === 'gelu_erf' ? 'none' : 'tanh'
    return graph.node('Gelu', [input], output, { approximate })
  }

  /** `input x kernel + bias`, of all columns or of one half of them. */
  function layer(
    op: PatchEmbed | Linear,
    output: string,
    part: 'all' | 'keys' | 'values',
    input = name(op.input),
  ): string {
    const [inner, all] = program.weights[op.kernel]!.shape
    const width = part === 'all' ? all : all / 2
    const from = part === 'values' ? width : 0
    const named = (id: number) => program.weights[id]!.name + (part === 'all' ? '' : `.${part}`)
    const values = (id: number) => () => {
      const whole = weights.get(program.weights[id]!.name)!
      return part === 'all' ? whole : columns(whole, all, from, width)
    }
    const kernel = { name: named(op.kernel), dims: [inner, width], make: values(op.kernel) }
    const bias =
      op.bias === undefined ? [] : [graph.floats(named(op.bias), [width], values(op.bias))]
    if (!isQuantized(dtype, kernel.name)) {
      const matrix = graph.floats(kernel.name, kernel.dims, kernel.make)
      return graph.node('Gemm', [input, matrix, ...bias], output)
    }
    return integerLayer(input, kernel, bias, output)
  }

  /** As `quantize_dynamic` spells it; onnxruntime makes one operator of it. */
  function integerLayer(
    input: string,
    kernel: { name: string; dims: number[]; make: () => Float32Array },
    bias: readonly string[],
    output: string,
  ): string {
    const [quantizedInput, inputScale, zeroPoint] = quantizedActivations(input)
    const width = kernel.dims[1]!
    const scales = columnScales(kernel.make(), width)
    const make = () => quantized(kernel.make(), scales)
    const matrix = graph.int8s(`${kernel.name}.quantized`, kernel.dims, make)
    const columnScale = graph.floats(`${kernel.name}.scale`, [width], () => scales)
    const sums = graph.node(
      'MatMulInteger',
      [quantizedInput!, matrix, zeroPoint!],
      `${output}.sums`,
    )
    const cast = graph.node('Cast', [sums], `${output}.cast`, { to: 1 })
    const scale = graph.node('Mul', [inputScale!, columnScale], `${output}.scale`)
    const scaled = graph.node('Mul', [cast, scale], bias.length ? `${output}.scaled` : output)
    return bias.length ? graph.node('Add', [scaled, ...bias], output) : scaled
  }

  /** The integers of a value, their scale and zero point; made once for all who read it. */
  function quantizedActivations(value: string): readonly string[] {
    let made = integers.get(value)
    if (!made) {
      const outputs = ['u8', 'scale', 'zero'].map((what) => `${value}.${what}`)
      made = graph.split('DynamicQuantizeLinear', [value], outputs)
      integers.set(value, made)
    }
    return made
  }

  function attention(op: Attention): void {
    const out = name(op.output)
    const keyValue = name(op.keyValue)
    const [tokens, both] = shape(op.keyValue)
    const half = (part: string) =>
      graph.reshape(`${keyValue}.${part}`, [batch, tokens, both / 2], `${keyValue}.${part}.images`)
    const [queries, width] = shape(op.query)
    const sizes = { batch, heads: op.heads, headWidth: width / op.heads, queries, tokens }
    attend(graph, [images(op.query), half('keys'), half('values')], sizes, `${out}.all`)
    graph.reshape(`${out}.all`, stacked(shape(op.output)), out)
  }

  /** A value as `[batch, rows, columns]`. */
  function images(id: number): string {
    const image = `${name(id)}.images`
    const known = graph.nodes.some(({ outputs }) => outputs[0] === image)
    return known ? image : graph.reshape(name(id), [batch, ...shape(id)], image)
  }

  function vector(id: number): string {
    const { name, shape } = program.weights[id]!
    return graph.floats(name, [shape[1]], () => weights.get(name)!)
  }
}
