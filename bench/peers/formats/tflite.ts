import type {
  Attention,
  LayerNorm,
  Linear,
  Op,
  PatchEmbed,
  Program,
} from '../../../src/program/program.ts'
import { outputOf } from '../../cases/case.ts'
import type { Format, Weights } from '../../engine/peer.ts'
import { bytes, columns, scaled, transposed } from './matrix.ts'
import {
  encodeTflite,
  type Operator,
  type OperatorName,
  type OptionField,
  type Tensor,
} from './tflite-file.ts'

/** The name of the file. */
export const MODEL = 'model.tflite'

export const format: Format = {
  *files({ program }, weights) {
    yield [MODEL, tfliteModel(program, weights)]
  },
}

/**
 * A program as a .tflite file with the pixels as its input and the logits as its output, made of
 * operators that XNNPACK takes over: a layer norm is written out, since there is no operator for
 * it; keys and values are layers of their own; the attention's scale is folded into the queries.
 */
export function tfliteModel(program: Program, weights: Weights): Uint8Array {
  const tensors: Tensor[] = []
  const operators: Operator[] = []
  const constants = new Map<string, number>()
  const values = new Map<number, number>()
  const keyValues = new Map<number, { keys: number; values: number }>()
  const folds = queryScales(program)
  const shape = (id: number) => program.values[id]!.shape
  const keyValueIds = new Set(
    program.ops.flatMap((op) => (op.op === 'attention' ? [op.keyValue] : [])),
  )
  const input = computed('pixels', shape(program.input))
  values.set(program.input, input)
  for (const op of program.ops) {
    if (op.op === 'linear' && keyValueIds.has(op.output)) {
      keyValues.set(op.output, { keys: half(op, 0), values: half(op, 1) })
    } else {
      values.set(op.output, lower(op))
    }
  }
  const output = values.get(outputOf(program).id)!
  return encodeTflite({ tensors, operators, input, output })

  function lower(op: Op): number {
    switch (op.op) {
      case 'patch_embed':
        return patchEmbed(op)
      case 'tokens': {
        const all = [...(op.prefix === undefined ? [] : [weight(op.prefix)]), value(op.input)]
        const joined = apply('CONCATENATION', all, shape(op.output), [{ field: 0, int32: 0 }])
        return apply('ADD', [joined, weight(op.position)], shape(op.output))
      }
      case 'layer_norm':
        return layerNorm(op)
      case 'linear':
        return linear(op)
      case 'attention':
        return attention(op)
      case 'rows':
        return rows(op.input, op.from, shape(op.output)[0])
      case 'mean_rows': {
        const run = rows(op.input, op.from, shape(op.input)[0] - op.from)
        return apply('MEAN', [run, integers([0])], shape(op.output), [{ field: 0, int8: 1 }])
      }
    }
  }

  /** A convolution whose stride is its size; the filter is `[width, height, width, 3]` there. */
  function patchEmbed(op: PatchEmbed): number {
    const [height, stride] = shape(op.input)
    const [patchHeight, patchWidth] = op.patchSize
    const [patches, width] = shape(op.output)
    const image = apply(
      'RESHAPE',
      [value(op.input), integers([1, height, stride / 3, 3])],
      [1, height, stride / 3, 3],
    )
    const grid = [1, Math.floor(height / patchHeight), Math.floor(stride / 3 / patchWidth), width]
    const kernel = kernelTransposed(op.kernel, [width, patchHeight, patchWidth, 3])
    const valid = { field: 0, int8: 1 }
    const strides = [
      { field: 1, int32: patchWidth },
      { field: 2, int32: patchHeight },
    ]
    const dilations = [
      { field: 4, int32: 1 },
      { field: 5, int32: 1 },
    ]
    const projected = apply('CONV_2D', [image, kernel, bias(op.bias, width)], grid, [
      valid,
      ...strides,
      ...dilations,
    ])
    return reshape(projected, [patches, width])
  }

  function layerNorm(op: LayerNorm): number {
    const x = value(op.input)
    const [count, width] = shape(op.output)
    const mean = (of: number) =>
      apply('MEAN', [of, integers([1])], [count, 1], [{ field: 0, int8: 1 }])
    const average = mean(x)
    const variance = mean(apply('SQUARED_DIFFERENCE', [x, average], [count, width]))
    const eps = constant(`eps ${op.eps}`, [1, 1], () => new Float32Array([op.eps]))
    const inverse = apply('RSQRT', [apply('ADD', [variance, eps], [count, 1])], [count, 1])
    const centred = apply('SUB', [x, average], [count, width])
    const normal = apply('MUL', [centred, inverse], [count, width])
    const stretched = apply('MUL', [normal, weight(op.scale)], [count, width])
    return apply('ADD', [stretched, weight(op.bias)], [count, width])
  }

  function linear(op: Linear): number {
    const dims = shape(op.output)
    const fold = folds.get(op.output) ?? 1
    const [rows, width] = program.weights[op.kernel]!.shape
    const kernel = kernelTransposed(op.kernel, [width, rows], fold)
    let result = apply(
      'FULLY_CONNECTED',
      [value(op.input), kernel, bias(op.bias, width, fold)],
      dims,
    )
    if (op.activation === 'tanh') result = apply('TANH', [result], dims)
    if (op.activation === 'gelu_erf' || op.activation === 'gelu_tanh') {
      const approximate = Number(op.activation === 'gelu_tanh')
      result = apply('GELU', [result], dims, [{ field: 0, int8: approximate }])
    }
    return op.residual === undefined ? result : apply('ADD', [result, value(op.residual)], dims)
  }

  function half(op: Linear, side: 0 | 1): number {
    const [count, both] = shape(op.output)
    const width = both / 2
    const depth = program.weights[op.kernel]!.shape[0]
    const part = (id: number) => columns(weights.get(name(id))!, both, side * width, width)
    const kernel = constant(`${name(op.kernel)} ${side}`, [width, depth], () =>
      transposed(part(op.kernel), width),
    )
    const shift = constant(
      `${op.bias === undefined ? width : name(op.bias)} ${side}`,
      [width],
      () => (op.bias === undefined ? new Float32Array(width) : part(op.bias)),
    )
    return apply('FULLY_CONNECTED', [value(op.input), kernel, shift], [count, width])
  }

  function attention(op: Attention): number {
    const [queries, width] = shape(op.query)
    const tokens = shape(op.keyValue)[0]
    const headWidth = width / op.heads
    const { keys, values } = keyValues.get(op.keyValue)!
    const byHead = (of: number, count: number) => {
      const cut = reshape(of, [count, op.heads, headWidth])
      return transpose(cut, [1, 0, 2], [op.heads, count, headWidth])
    }
    const product = (left: number, right: number, dims: number[], rightTransposed: 0 | 1) =>
      apply('BATCH_MATMUL', [left, right], dims, [
        { field: 0, int8: 0 },
        { field: 1, int8: rightTransposed },
      ])
    const scores = product(
      byHead(value(op.query), queries),
      byHead(keys, tokens),
      [op.heads, queries, tokens],
      1,
    )
    const weights = apply(
      'SOFTMAX',
      [scores],
      [op.heads, queries, tokens],
      [{ field: 0, float32: 1 }],
    )
    const sums = product(weights, byHead(values, tokens), [op.heads, queries, headWidth], 0)
    return reshape(transpose(sums, [1, 0, 2], [queries, op.heads, headWidth]), [queries, width])
  }

  function rows(id: number, from: number, count: number): number {
    const size = [count, shape(id)[1]]
    return apply('SLICE', [value(id), integers([from, 0]), integers(size)], size)
  }

  function reshape(of: number, dims: readonly number[]): number {
    return apply('RESHAPE', [of, integers(dims)], dims)
  }

  function transpose(of: number, order: readonly number[], dims: readonly number[]): number {
    return apply('TRANSPOSE', [of, integers(order)], dims)
  }

  function apply(
    operator: OperatorName,
    inputs: readonly number[],
    dims: readonly number[],
    options: readonly OptionField[] = [],
  ): number {
    const output = computed(`${operator} ${operators.length}`, dims)
    operators.push({ name: operator, inputs, output, options })
    return output
  }

  function value(id: number): number {
    return values.get(id)!
  }

  function name(id: number): string {
    return program.weights[id]!.name
  }

  function weight(id: number): number {
    const { name, shape } = program.weights[id]!
    return constant(name, shape, () => weights.get(name)!)
  }

  function kernelTransposed(id: number, dims: readonly number[], factor = 1): number {
    return constant(name(id), dims, () =>
      scaled(transposed(weights.get(name(id))!, program.weights[id]!.shape[1]), factor),
    )
  }

  function bias(id: number | undefined, width: number, factor = 1): number {
    if (id === undefined) return constant(`zeros ${width}`, [width], () => new Float32Array(width))
    return constant(name(id), [width], () => scaled(weights.get(name(id))!, factor))
  }

  function computed(name: string, dims: readonly number[]): number {
    return tensors.push({ name, type: 'float32', dims }) - 1
  }

  function constant(name: string, dims: readonly number[], make: () => Float32Array): number {
    const found = constants.get(name)
    if (found !== undefined) return found
    const index = tensors.push({ name, type: 'float32', dims, data: bytes(make()) }) - 1
    constants.set(name, index)
    return index
  }

  function integers(list: readonly number[]): number {
    const name = `int ${list.join(' ')}`
    const found = constants.get(name)
    if (found !== undefined) return found
    const data = bytes(Int32Array.from(list))
    const index = tensors.push({ name, type: 'int32', dims: [list.length], data }) - 1
    constants.set(name, index)
    return index
  }
}

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
