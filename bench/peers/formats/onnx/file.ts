import { PbfWriter } from 'pbf'
import { UnsupportedError } from '../../../../src/errors.ts'
import type { Data } from '../constant.ts'

/** `TensorProto.DataType` */
export const elementType = { float: 1, int8: 3, int64: 7 } as const

/** `AttributeProto.AttributeType` */
const attributeType = { float: 1, int: 2, string: 3, ints: 7 } as const

/** An attribute: a whole number, a `{ float }`, a string or a list of whole numbers. */
export type Attribute = number | { float: number } | string | readonly number[]

export interface Node {
  readonly op: string
  /** Empty for ONNX's own operators. */
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

export interface Initializer {
  readonly name: string
  readonly type: keyof typeof elementType
  readonly dims: readonly number[]
  readonly data: Data
}

/** A matrix of floats that goes in or comes out. */
export interface TensorValue {
  readonly name: string
  readonly dims: readonly number[]
}

export interface Graph {
  readonly nodes: readonly Node[]
  readonly initializers: readonly Initializer[]
  readonly input: TensorValue
  readonly output: TensorValue
}

/**
 * An .onnx file of one graph, opset 20 and Microsoft's own operators, piece by piece: the weights are
 * pieces of their own and not copied. The numbers are those of the fields in `onnx/onnx.proto`.
 * @throws UnsupportedError above 2 GB, the most that a protobuf message may have
 */
export function* encodeOnnx(graph: Graph): Iterable<Uint8Array> {
  const structure = message((to) => {
    for (const node of graph.nodes) to.writeMessage(1, writeNode, node)
    to.writeStringField(2, 'vit')
    to.writeMessage(11, writeValue, graph.input)
    to.writeMessage(12, writeValue, graph.output)
  })
  const heads = graph.initializers.map(initializerHead)
  const size = graph.initializers.reduce(
    (sum, { data }, i) => sum + heads[i]!.length + data.size,
    structure.length,
  )
  if (size >= 2 ** 31) {
    throw new UnsupportedError(
      `An .onnx file holds less than 2 GB; this model has ${(size / 1e9).toFixed(1)} GB.`,
    )
  }
  yield message((to) => {
    to.writeVarintField(1, 10) // the version of the format
    to.writeStringField(2, 'vitrine-bench')
    to.writeMessage(8, writeOpset, { domain: '', version: 20 })
    to.writeMessage(8, writeOpset, { domain: 'com.microsoft', version: 1 })
    writeLength(to, 7, size)
  })
  yield structure
  for (const [i, { data }] of graph.initializers.entries()) {
    yield heads[i]!
    yield data.make()
  }
}

/** A field of the graph with everything of an initializer up to its bytes. */
function initializerHead({ name, type, dims, data }: Initializer): Uint8Array {
  const tensor = message((to) => {
    for (const dim of dims) to.writeVarintField(1, dim)
    to.writeVarintField(2, elementType[type])
    to.writeStringField(8, name)
    writeLength(to, 9, data.size)
  })
  const field = message((to) => writeLength(to, 5, tensor.length + data.size))
  return Uint8Array.of(...field, ...tensor)
}

function message(fill: (to: PbfWriter) => void): Uint8Array {
  const writer = new PbfWriter()
  fill(writer)
  return writer.finish()
}

/** The start of a field of bytes or of a message: what it holds follows. */
function writeLength(to: PbfWriter, field: number, length: number): void {
  to.writeTag(field, 2)
  to.writeVarint(length)
}

function writeOpset({ domain, version }: { domain: string; version: number }, to: PbfWriter) {
  to.writeStringField(1, domain)
  to.writeVarintField(2, version)
}

function writeNode({ op, domain, inputs, outputs, attributes }: Node, to: PbfWriter): void {
  for (const input of inputs) to.writeStringField(1, input)
  for (const output of outputs) to.writeStringField(2, output)
  to.writeStringField(3, outputs[0]!)
  to.writeStringField(4, op)
  for (const attribute of Object.entries(attributes)) to.writeMessage(5, writeAttribute, attribute)
  to.writeStringField(7, domain)
}

function writeAttribute([name, value]: [string, Attribute], to: PbfWriter): void {
  to.writeStringField(1, name)
  if (typeof value === 'number') {
    to.writeVarintField(3, value)
    to.writeVarintField(20, attributeType.int)
  } else if (typeof value === 'string') {
    to.writeStringField(4, value)
    to.writeVarintField(20, attributeType.string)
  } else if ('float' in value) {
    to.writeFloatField(2, value.float)
    to.writeVarintField(20, attributeType.float)
  } else {
    for (const number of value) to.writeVarintField(8, number)
    to.writeVarintField(20, attributeType.ints)
  }
}

function writeValue({ name, dims }: TensorValue, to: PbfWriter): void {
  to.writeStringField(1, name)
  to.writeMessage(2, writeType, dims)
}

/** `TypeProto { tensor_type { elem_type, shape { dim { dim_value } } } }` */
function writeType(dims: readonly number[], to: PbfWriter): void {
  to.writeMessage(1, writeTensorType, dims)
}

function writeTensorType(dims: readonly number[], to: PbfWriter): void {
  to.writeVarintField(1, elementType.float)
  to.writeMessage(2, writeShape, dims)
}

function writeShape(dims: readonly number[], to: PbfWriter): void {
  for (const dim of dims) {
    to.writeMessage(1, (value: number, inner) => inner.writeVarintField(1, value), dim)
  }
}
