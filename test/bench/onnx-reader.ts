import { PbfReader } from 'pbf'

/** An .onnx file as the tests look at it; field numbers of `onnx/onnx.proto`. */
export interface OnnxFile {
  readonly opsets: Record<string, number>
  readonly nodes: OnnxNode[]
  readonly initializers: Map<string, OnnxTensor>
  readonly inputs: OnnxValue[]
  readonly outputs: OnnxValue[]
}

export interface OnnxNode {
  op: string
  domain: string
  inputs: string[]
  outputs: string[]
  attributes: Record<string, unknown>
}

interface OnnxTensor {
  name: string
  type: number
  dims: number[]
  bytes: Uint8Array
}

interface OnnxValue {
  name: string
  type: number
  dims: number[]
}

export function readOnnx(file: Uint8Array): OnnxFile {
  const model: OnnxFile = {
    opsets: {},
    nodes: [],
    initializers: new Map(),
    inputs: [],
    outputs: [],
  }
  read(new PbfReader(file), {
    1: (from) => from.readVarint(),
    2: (from) => from.readString(),
    7: (from) => readGraph(from, model),
    8(from) {
      const opset = { domain: '', version: 0 }
      nested(from, {
        1(inner) {
          opset.domain = inner.readString()
        },
        2(inner) {
          opset.version = inner.readVarint()
        },
      })
      model.opsets[opset.domain] = opset.version
    },
  })
  return model
}

type Fields = Record<number, (from: PbfReader) => unknown>

/** Every field has to be one of these. */
function read(from: PbfReader, fields: Fields, end?: number): void {
  from.readFields(
    (tag) => {
      const field = fields[tag]
      if (!field) throw new Error(`There is no field ${tag} here.`)
      field(from)
    },
    undefined,
    end,
  )
}

function nested(from: PbfReader, fields: Fields): void {
  const length = from.readVarint()
  read(from, fields, from.pos + length)
}

function readGraph(from: PbfReader, model: OnnxFile): void {
  nested(from, {
    1: () => model.nodes.push(readNode(from)),
    2: () => from.readString(),
    5() {
      const tensor = readTensor(from)
      if (model.initializers.has(tensor.name)) throw new Error(`${tensor.name} is there twice.`)
      model.initializers.set(tensor.name, tensor)
    },
    11: () => model.inputs.push(readValue(from)),
    12: () => model.outputs.push(readValue(from)),
  })
}

function readNode(from: PbfReader): OnnxNode {
  const node: OnnxNode = { op: '', domain: '', inputs: [], outputs: [], attributes: {} }
  nested(from, {
    1: () => node.inputs.push(from.readString()),
    2: () => node.outputs.push(from.readString()),
    3: () => from.readString(),
    4() {
      node.op = from.readString()
    },
    5() {
      const [name, value] = readAttribute(from)
      node.attributes[name] = value
    },
    7() {
      node.domain = from.readString()
    },
  })
  return node
}

function readAttribute(from: PbfReader): [string, unknown] {
  let name = ''
  let type = 0
  const values: Record<number, unknown> = {}
  const whole: number[] = []
  nested(from, {
    1() {
      name = from.readString()
    },
    2() {
      values[1] = from.readFloat()
    },
    3() {
      values[2] = from.readVarint(true)
    },
    4() {
      values[3] = from.readString()
    },
    8() {
      whole.push(from.readVarint(true))
      values[7] = whole
    },
    20() {
      type = from.readVarint()
    },
  })
  return [name, values[type]]
}

function readTensor(from: PbfReader): OnnxTensor {
  const tensor: OnnxTensor = { name: '', type: 0, dims: [], bytes: new Uint8Array() }
  nested(from, {
    1: () => tensor.dims.push(from.readVarint()),
    2() {
      tensor.type = from.readVarint()
    },
    8() {
      tensor.name = from.readString()
    },
    9() {
      tensor.bytes = from.readBytes()
    },
  })
  return tensor
}

function readValue(from: PbfReader): OnnxValue {
  const value: OnnxValue = { name: '', type: 0, dims: [] }
  const dimension = { 1: () => value.dims.push(from.readVarint()) }
  const shape = { 1: () => nested(from, dimension) }
  const tensor = {
    1() {
      value.type = from.readVarint()
    },
    2: () => nested(from, shape),
  }
  nested(from, {
    1() {
      value.name = from.readString()
    },
    2: () => nested(from, { 1: () => nested(from, tensor) }),
  })
  return value
}
