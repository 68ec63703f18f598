import { onlyInput } from '../../../../src/backends/inputs.ts'
import type { Attention } from '../../../../src/program/ops/attention.ts'
import type { LayerNorm } from '../../../../src/program/ops/layer-norm.ts'
import type { Linear } from '../../../../src/program/ops/linear.ts'
import type { Op } from '../../../../src/program/ops/operations.ts'
import { type PatchEmbed, patchGrid } from '../../../../src/program/ops/patch-embed.ts'
import type { Tokens } from '../../../../src/program/ops/tokens.ts'
import type { Program } from '../../../../src/program/program.ts'
import type { Shape } from '../../../../src/program/values.ts'
import { outputOf } from '../../../cases/case.ts'
import type { Format, Task, Weights } from '../../../engine/peer.ts'
import { columns, repeated, scaled, transposed } from '../matrix.ts'
import { TFLITE_FILE } from '../names.ts'
import { columnScales, isQuantized, quantized } from '../quantize.ts'
import { encodeTflite } from './file.ts'
import { TfliteGraph } from './graph.ts'

export const format: Format = {
  *files(task, weights) {
    const { batch } = task.bench
    // Attention over one image in three dimensions is 1 to 3 % faster on XNNPACK.
    yield [TFLITE_FILE, tfliteModel(task, weights, batch === 1 ? [] : [batch])]
  },
}

/**
 * A case as a .tflite file, made of operators that XNNPACK takes over: a layer norm is written out,
 * since there is no operator for it; keys and values are layers of their own; the attention's scale
 * is folded into the queries. The images of a batch lie one below the other, `[batch * rows, columns]`.
 *
 * In int8 it is TensorFlow Lite's dynamic-range quantisation: int8 weights with a scale for each
 * output; activations are quantised row by row on the way into a layer.
 * @param outer the dimensions before `[rows, columns]` where images are told apart: `[batch]`, or
 *   none for one image
 * @throws UnsupportedError above 2 GB
 */
export function tfliteModel(
  { program, bench, dtype }: Task,
  weights: Weights,
  outer: readonly number[],
): Uint8Array {
  const { batch } = bench
  const graph = new TfliteGraph()
  const values = new Map<number, number>()
  const keyValues = new Map<number, { keys: number; values: number }>()
  const folds = queryScales(program)
  const shape = (id: number) => program.values[id]!.shape
  const stacked = ([rows, columns]: Shape) => [batch * rows, columns]
  const keyValueIds = new Set(
    program.ops.flatMap((op) => (op.op === 'attention' ? [op.keyValue] : [])),
  )
  const { id } = onlyInput(program)
  const input = graph.computed('input', stacked(shape(id)))
  values.set(id, input)
  for (const op of program.ops) {
    if (op.op === 'linear' && keyValueIds.has(op.output)) {
      keyValues.set(op.output, { keys: layer(op, 'keys'), values: layer(op, 'values') })
    } else {
      values.set(op.output, lower(op))
    }
  }
  const output = values.get(outputOf(program).id)!
  return encodeTflite({ tensors: graph.tensors, operators: graph.operators, input, output })

  function lower(op: Op): number {
    switch (op.op) {
      case 'patch_embed':
        return patchEmbed(op)
      case 'tokens':
        return tokens(op)
      case 'layer_norm':
        return layerNorm(op)
      case 'linear':
        return linear(op)
      case 'attention':
        return attention(op)
      case 'rows': {
        const run = graph.slice(images(op.input), outer.length, op.from, shape(op.output)[0])
        return merged(run, shape(op.output))
      }
      case 'mean_rows': {
        const count = shape(op.input)[0] - op.from
        const run = graph.slice(images(op.input), outer.length, op.from, count)
        return merged(graph.mean(run, outer.length), shape(op.output))
      }
    }
  }

  /** A convolution whose stride is its size; the filter is `[width, height, width, channels]` there. */
  function patchEmbed(op: PatchEmbed): number {
    const [patchHeight, patchWidth] = op.patchSize
    const channels = shape(op.input)[1]
    const width = shape(op.output)[1]
    const image = graph.reshape(value(op.input), [batch, ...op.grid, channels])
    const grid = patchGrid(op)
    const { name } = program.weights[op.kernel]!
    const kernel = graph.floats(name, [width, patchHeight, patchWidth, channels], () =>
      transposed(weights.get(name)!, width),
    )
    const projected = graph.apply(
      'CONV_2D',
      [image, kernel, bias(op, 'all')],
      [batch, ...grid, width],
      [
        { field: 0, int8: 1 }, // no padding
        { field: 1, int32: patchWidth },
        { field: 2, int32: patchHeight },
        { field: 4, int32: 1 },
        { field: 5, int32: 1 },
      ],
    )
    return graph.reshape(projected, stacked(shape(op.output)))
  }

  function tokens(op: Tokens): number {
    const dims = [...outer, ...shape(op.output)]
    const parts = [images(op.input)]
    if (op.prefix !== undefined) {
      const { name, shape } = program.weights[op.prefix]!
      const all = () => repeated(weights.get(name)!, batch)
      parts.unshift(graph.floats(name, [...outer, ...shape], all))
    }
    const joined = graph.apply('CONCATENATION', parts, dims, [{ field: 0, int32: outer.length }])
    return merged(graph.apply('ADD', [joined, weight(op.position)], dims), shape(op.output))
  }

  function layerNorm(op: LayerNorm): number {
    const x = value(op.input)
    const [count, width] = stacked(shape(op.output)) as [number, number]
    const average = graph.mean(x, 1)
    const variance = graph.mean(graph.apply('SQUARED_DIFFERENCE', [x, average], [count, width]), 1)
    const eps = graph.floats(`eps ${op.eps}`, [1, 1], () => new Float32Array([op.eps]))
    const inverse = graph.apply(
      'RSQRT',
      [graph.apply('ADD', [variance, eps], [count, 1])],
      [count, 1],
    )
    const centred = graph.apply('SUB', [x, average], [count, width])
    const normal = graph.apply('MUL', [centred, inverse], [count, width])
    const stretched = graph.apply('MUL', [normal, weight(op.scale)], [count, width])
    return graph.apply('ADD', [stretched, weight(op.bias)], [count, width])
  }

  function linear(op: Linear): number {
    const dims = stacked(shape(op.output))
    let result = layer(op, 'all')
    if (op.activation === 'tanh') result = graph.apply('TANH', [result], dims)
    if (op.activation === 'gelu_erf' || op.activation === 'gelu_tanh') {
      const approximate = Number(op.activation === 'gelu_tanh')
      result = graph.apply('GELU', [result], dims, [{ field: 0, int8: approximate }])
    }
    return op.residual === undefined
      ? result
      : graph.apply('ADD', [result, value(op.residual)], dims)
  }

  /** `input x kernel + bias`, of all columns or of one half of them. */
  function layer(op: Linear, part: Part): number {
    const [inner, all] = program.weights[op.kernel]!.shape
    const width = part === 'all' ? all : all / 2
    const name = partName(op.kernel, part)
    const kernel = () => scaled(partOf(op.kernel, part), folds.get(op.output) ?? 1)
    const dims = [batch * shape(op.output)[0], width]
    if (!isQuantized(dtype, name)) {
      const matrix = graph.floats(name, [width, inner], () => transposed(kernel(), width))
      return graph.apply('FULLY_CONNECTED', [value(op.input), matrix, bias(op, part)], dims)
    }
    const scales = columnScales(kernel(), width)
    const matrix = graph.int8s(name, [width, inner], scales, () =>
      transposed(quantized(kernel(), scales), width),
    )
    // Activations may have a zero point; without this XNNPACK does not take the layer.
    const asymmetric = { field: 3, int8: 1 }
    const inputs = [value(op.input), matrix, bias(op, part)]
    return graph.apply('FULLY_CONNECTED_HYBRID', inputs, dims, [asymmetric])
  }

  function bias(op: Linear | PatchEmbed, part: Part): number {
    if (op.bias === undefined) {
      const width = program.weights[op.kernel]!.shape[1] / (part === 'all' ? 1 : 2)
      return graph.floats(`zeros ${width}`, [width], () => new Float32Array(width))
    }
    const id = op.bias
    const width = partOf(id, part).length
    return graph.floats(partName(id, part), [width], () =>
      scaled(partOf(id, part), folds.get(op.output) ?? 1),
    )
  }

  function attention(op: Attention): number {
    const [queries, width] = shape(op.query)
    const tokens = shape(op.keyValue)[0]
    const headWidth = width / op.heads
    const { keys, values } = keyValues.get(op.keyValue)!
    // `[rows, heads, head width]` to `[heads, rows, head width]` and back
    const order = [...outer.keys(), ...[1, 0, 2].map((i) => i + outer.length)]
    const byHead = (tensor: number, count: number) =>
      graph.transpose(graph.reshape(tensor, [...outer, count, op.heads, headWidth]), order)
    const product = (left: number, right: number, columns: number, rightTransposed: 0 | 1) =>
      graph.apply(
        'BATCH_MATMUL',
        [left, right],
        [...outer, op.heads, queries, columns],
        [
          { field: 0, int8: 0 },
          { field: 1, int8: rightTransposed },
        ],
      )
    const scores = product(byHead(value(op.query), queries), byHead(keys, tokens), tokens, 1)
    const dims = [...outer, op.heads, queries, tokens]
    const probabilities = graph.apply('SOFTMAX', [scores], dims, [{ field: 0, float32: 1 }])
    const sums = product(probabilities, byHead(values, tokens), headWidth, 0)
    return graph.reshape(graph.transpose(sums, order), stacked(shape(op.output)))
  }

  /** A value as `[...outer, rows, columns]`. */
  function images(id: number): number {
    return outer.length === 0 ? value(id) : graph.reshape(value(id), [...outer, ...shape(id)])
  }

  /** The other way round. */
  function merged(tensor: number, of: Shape): number {
    return outer.length === 0 ? tensor : graph.reshape(tensor, stacked(of))
  }

  function value(id: number): number {
    return values.get(id)!
  }

  function weight(id: number): number {
    const { name, shape } = program.weights[id]!
    return graph.floats(name, shape, () => weights.get(name)!)
  }

  function partName(id: number, part: Part): string {
    return program.weights[id]!.name + (part === 'all' ? '' : `.${part}`)
  }

  function partOf(id: number, part: Part): Float32Array {
    const { name, shape } = program.weights[id]!
    const whole = weights.get(name)!
    const half = shape[1] / 2
    return part === 'all' ? whole : columns(whole, shape[1], part === 'keys' ? 0 : half, half)
  }
}

type Part = 'all' | 'keys' | 'values'

/**
 * By the value of each query: 1 / sqrt(head width), a power of two for the usual 64, so that
 * folding it into the layer's weights rounds nothing.
 */
function queryScales(program: Program): Map<number, number> {
  const scales = new Map<number, number>()
  for (const op of program.ops) {
    if (op.op !== 'attention') continue
    const headWidth = program.values[op.query]!.shape[1] / op.heads
    scales.set(op.query, 1 / Math.sqrt(headWidth))
  }
  return scales
}
