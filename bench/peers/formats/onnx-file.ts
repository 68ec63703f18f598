import protobuf from 'protobufjs'

/** The part of onnx.proto that a ViT needs: field numbers of `onnx/onnx.proto`, IR version 10. */
const schema = {
  nested: {
    ModelProto: {
      fields: {
        irVersion: { type: 'int64', id: 1 },
        producerName: { type: 'string', id: 2 },
        graph: { type: 'GraphProto', id: 7 },
        opsetImport: { rule: 'repeated', type: 'OperatorSetIdProto', id: 8 },
      },
    },
    OperatorSetIdProto: {
      fields: { domain: { type: 'string', id: 1 }, version: { type: 'int64', id: 2 } },
    },
    GraphProto: {
      fields: {
        node: { rule: 'repeated', type: 'NodeProto', id: 1 },
        name: { type: 'string', id: 2 },
        initializer: { rule: 'repeated', type: 'TensorProto', id: 5 },
        input: { rule: 'repeated', type: 'ValueInfoProto', id: 11 },
        output: { rule: 'repeated', type: 'ValueInfoProto', id: 12 },
      },
    },
    NodeProto: {
      fields: {
        input: { rule: 'repeated', type: 'string', id: 1 },
        output: { rule: 'repeated', type: 'string', id: 2 },
        name: { type: 'string', id: 3 },
        opType: { type: 'string', id: 4 },
        attribute: { rule: 'repeated', type: 'AttributeProto', id: 5 },
        domain: { type: 'string', id: 7 },
      },
    },
    AttributeProto: {
      fields: {
        name: { type: 'string', id: 1 },
        f: { type: 'float', id: 2 },
        i: { type: 'int64', id: 3 },
        s: { type: 'bytes', id: 4 },
        ints: { rule: 'repeated', type: 'int64', id: 8, options: { packed: false } },
        type: { type: 'int32', id: 20 },
      },
    },
    TensorProto: {
      fields: {
        dims: { rule: 'repeated', type: 'int64', id: 1, options: { packed: false } },
        dataType: { type: 'int32', id: 2 },
        name: { type: 'string', id: 8 },
        rawData: { type: 'bytes', id: 9 },
      },
    },
    ValueInfoProto: {
      fields: { name: { type: 'string', id: 1 }, type: { type: 'TypeProto', id: 2 } },
    },
    TypeProto: { fields: { tensorType: { type: 'TensorType', id: 1 } } },
    TensorType: {
      fields: { elemType: { type: 'int32', id: 1 }, shape: { type: 'TensorShape', id: 2 } },
    },
    TensorShape: { fields: { dim: { rule: 'repeated', type: 'Dimension', id: 1 } } },
    Dimension: { fields: { dimValue: { type: 'int64', id: 1 } } },
  },
}

/** `TensorProto.DataType` */
export const elementType = { float: 1, int64: 7 } as const

/** `AttributeProto.AttributeType` */
const attributeType = { float: 1, int: 2, string: 3, ints: 7 } as const

/** An attribute: a whole number, a `{ float }`, a string or a list of whole numbers. */
export type Attribute = number | { float: number } | string | readonly number[]

export interface Node {
  readonly op: string
  /** Empty for ONNX's own operators. */
  readonly domain: string
  readonly inputs: readonly string[]
  readonly output: string
  readonly attributes: Readonly<Record<string, Attribute>>
}

export interface Initializer {
  readonly name: string
  readonly type: number
  readonly dims: readonly number[]
  readonly data: Uint8Array
}

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

/** An .onnx file of one graph, opset 20 and Microsoft's own operators. */
export function encodeOnnx(graph: Graph): Uint8Array {
  return protobuf.Root.fromJSON(schema)
    .lookupType('ModelProto')
    .encode({
      irVersion: 10,
      producerName: 'vitrine-bench',
      opsetImport: [
        { domain: '', version: 20 },
        { domain: 'com.microsoft', version: 1 },
      ],
      graph: {
        name: 'vit',
        node: graph.nodes.map(nodeMessage),
        initializer: graph.initializers.map(({ name, type, dims, data }) => ({
          name,
          dataType: type,
          dims,
          rawData: data,
        })),
        input: [valueMessage(graph.input)],
        output: [valueMessage(graph.output)],
      },
    })
    .finish()
}

function nodeMessage({ op, domain, inputs, output, attributes }: Node) {
  const attribute = Object.entries(attributes).map(([name, value]) => attributeMessage(name, value))
  return { opType: op, domain, name: output, input: inputs, output: [output], attribute }
}

function attributeMessage(name: string, value: Attribute) {
  if (typeof value === 'number') return { name, i: value, type: attributeType.int }
  if (typeof value === 'string') {
    return { name, s: new TextEncoder().encode(value), type: attributeType.string }
  }
  if ('float' in value) return { name, f: value.float, type: attributeType.float }
  return { name, ints: value, type: attributeType.ints }
}

function valueMessage({ name, dims }: TensorValue) {
  const shape = { dim: dims.map((dimValue) => ({ dimValue })) }
  return { name, type: { tensorType: { elemType: elementType.float, shape } } }
}
