import { Builder } from 'flatbuffers'
import { UnsupportedError } from '../../../../src/errors.ts'
import type { Data } from '../constant.ts'

/**
 * The operators in use: `BuiltinOperator`, the type of its options in `BuiltinOptions` (0 for none)
 * and its version, of `tensorflow/compiler/mlir/lite/schema/schema.fbs`.
 */
const operators = {
  ADD: { code: 0, options: 11, version: 1 },
  CONCATENATION: { code: 2, options: 10, version: 1 },
  CONV_2D: { code: 3, options: 1, version: 1 },
  // Floats in and out, int8 filters with a scale for each output.
  CONV_2D_HYBRID: { code: 3, options: 1, version: 5 },
  FULLY_CONNECTED: { code: 9, options: 8, version: 1 },
  // Floats in and out, int8 weights with a scale for each row of theirs.
  FULLY_CONNECTED_HYBRID: { code: 9, options: 8, version: 12 },
  LOGISTIC: { code: 14, options: 0, version: 1 },
  MAX_POOL_2D: { code: 17, options: 5, version: 1 },
  MUL: { code: 18, options: 21, version: 1 },
  RESHAPE: { code: 22, options: 0, version: 1 },
  SOFTMAX: { code: 25, options: 9, version: 1 },
  TANH: { code: 28, options: 0, version: 1 },
  PAD: { code: 34, options: 0, version: 1 },
  TRANSPOSE: { code: 39, options: 26, version: 1 },
  MEAN: { code: 40, options: 27, version: 1 },
  SUB: { code: 41, options: 28, version: 1 },
  PADV2: { code: 60, options: 0, version: 1 },
  SLICE: { code: 65, options: 48, version: 1 },
  RSQRT: { code: 76, options: 0, version: 1 },
  SQUARED_DIFFERENCE: { code: 99, options: 76, version: 1 },
  BATCH_MATMUL: { code: 126, options: 101, version: 1 },
  GELU: { code: 150, options: 116, version: 1 },
} as const

export type OperatorName = keyof typeof operators

/** `TensorType` */
const elementType = { float32: 0, int32: 2, int8: 9 } as const

/** A field of an operator's options table: its number, and its value as the schema types it. */
export type OptionField =
  | { readonly field: number; readonly int8: number }
  | { readonly field: number; readonly int32: number }
  | { readonly field: number; readonly float32: number }

export interface Tensor {
  readonly name: string
  readonly type: keyof typeof elementType
  readonly dims: readonly number[]
  /** Absent for what is computed. */
  readonly data?: Data
  /** Of quantised values, one for each index of the first dimension; zero points are 0. */
  readonly scales?: Float32Array
}

export interface Operator {
  readonly name: OperatorName
  /** Indices of tensors. */
  readonly inputs: readonly number[]
  readonly output: number
  readonly options: readonly OptionField[]
}

export interface Subgraph {
  readonly tensors: readonly Tensor[]
  readonly operators: readonly Operator[]
  readonly input: number
  readonly output: number
}

/**
 * A .tflite file of one graph.
 * @throws UnsupportedError above 2 GB, which flatbuffers' 32-bit offsets can't reach
 */
export function encodeTflite({ tensors, operators: ops, input, output }: Subgraph): Uint8Array {
  const builder = new Builder(capacity(tensors, ops))
  const used = [...new Set(ops.map((op) => op.name))]

  // Buffer 0 is empty by convention: that of all tensors that are computed.
  const buffers = [table(1, () => {})]
  const bufferOf = tensors.map(({ data }) => (data ? buffers.push(buffer(data)) - 1 : 0))
  const tensorTables = tensors.map(({ name, type, dims, scales }, i) => {
    const shape = int32s(dims)
    const text = builder.createString(name)
    const quantization = scales && quantizationTable(scales)
    return table(5, () => {
      builder.addFieldOffset(0, shape, 0)
      builder.addFieldInt8(1, elementType[type], 0)
      builder.addFieldInt32(2, bufferOf[i]!, 0)
      builder.addFieldOffset(3, text, 0)
      if (quantization !== undefined) builder.addFieldOffset(4, quantization, 0)
    })
  })
  const operatorTables = ops.map((op) => {
    const inputs = int32s(op.inputs)
    const outputs = int32s([op.output])
    const options = table(6, () => op.options.forEach(addField))
    return table(5, () => {
      builder.addFieldInt32(0, used.indexOf(op.name), 0)
      builder.addFieldOffset(1, inputs, 0)
      builder.addFieldOffset(2, outputs, 0)
      builder.addFieldInt8(3, operators[op.name].options, 0)
      if (operators[op.name].options > 0) builder.addFieldOffset(4, options, 0)
    })
  })
  const codeTables = used.map((name) => {
    const { code, version } = operators[name]
    return table(4, () => {
      // Readers of old files look at the byte; it says 127 for codes that do not fit.
      builder.addFieldInt8(0, Math.min(code, 127), 0)
      builder.addFieldInt32(2, version, 1)
      builder.addFieldInt32(3, code, 0)
    })
  })
  const subgraphFields = [
    offsets(tensorTables),
    int32s([input]),
    int32s([output]),
    offsets(operatorTables),
  ]
  const subgraph = table(4, () => {
    for (const [i, offset] of subgraphFields.entries()) builder.addFieldOffset(i, offset, 0)
  })
  const modelFields = [offsets(codeTables), offsets([subgraph]), offsets(buffers)]
  const model = table(5, () => {
    builder.addFieldInt32(0, 3, 0)
    builder.addFieldOffset(1, modelFields[0]!, 0)
    builder.addFieldOffset(2, modelFields[1]!, 0)
    builder.addFieldOffset(4, modelFields[2]!, 0)
  })
  builder.finish(model, 'TFL3')
  return builder.asUint8Array()

  function table(fields: number, fill: () => void): number {
    builder.startObject(fields)
    fill()
    return builder.endObject()
  }

  function buffer({ size, make }: Data): number {
    builder.prep(16, size)
    const vector = builder.createByteVector(make())
    return table(1, () => builder.addFieldOffset(0, vector, 0))
  }

  function quantizationTable(scales: Float32Array): number {
    builder.startVector(4, scales.length, 4)
    for (const scale of scales.toReversed()) builder.addFloat32(scale)
    const scaleVector = builder.endVector()
    builder.startVector(8, scales.length, 8)
    for (let i = 0; i < scales.length; i++) builder.addInt64(0n)
    const zeroPoints = builder.endVector()
    // Field 6, the dimension that the scales belong to, is 0 where it is absent.
    return table(7, () => {
      builder.addFieldOffset(2, scaleVector, 0)
      builder.addFieldOffset(3, zeroPoints, 0)
    })
  }

  function int32s(values: readonly number[]): number {
    builder.startVector(4, values.length, 4)
    for (const value of values.toReversed()) builder.addInt32(value)
    return builder.endVector()
  }

  function offsets(values: readonly number[]): number {
    builder.startVector(4, values.length, 4)
    for (const value of values.toReversed()) builder.addOffset(value)
    return builder.endVector()
  }

  function addField(option: OptionField): void {
    if ('int8' in option) builder.addFieldInt8(option.field, option.int8, null)
    else if ('int32' in option) builder.addFieldInt32(option.field, option.int32, null)
    else builder.addFieldFloat32(option.field, option.float32, null)
  }
}

/** Room for everything from the start: growing would copy what is there each time. */
function capacity(tensors: readonly Tensor[], ops: readonly Operator[]): number {
  const constants = tensors.reduce(
    (sum, { data, scales }) => sum + (data?.size ?? 0) + 12 * (scales?.length ?? 0),
    0,
  )
  const size = constants + 1024 * (tensors.length + ops.length + 64)
  if (size >= 2 ** 31) {
    throw new UnsupportedError(
      `A .tflite file holds less than 2 GB; these weights are ${(constants / 1e9).toFixed(1)} GB.`,
    )
  }
  return size
}
