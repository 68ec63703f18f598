/** A .tflite file as the tests look at it; field numbers of `schema.fbs`. */
export interface TfliteFile {
  readonly tensors: TfliteTensor[]
  readonly operators: TfliteOperator[]
  readonly inputs: number[]
  readonly outputs: number[]
}

export interface TfliteTensor {
  readonly name: string
  /** `TensorType` */
  readonly type: number
  readonly dims: number[]
  /** Empty for what is computed. */
  readonly bytes: Uint8Array
  /** Where they begin in the file. */
  readonly at: number
  readonly scales: number[]
  readonly zeroPoints: number[]
}

export interface TfliteOperator {
  /** `BuiltinOperator` */
  readonly code: number
  readonly version: number
  readonly inputs: number[]
  readonly outputs: number[]
  /** `BuiltinOptions`, and a field of them. */
  readonly optionsType: number
  readonly option: (field: number, type: 'i8' | 'i32' | 'f32') => number | undefined
}

/** Reads it by offsets alone, without the library that wrote it. */
export function readTflite(file: Uint8Array): TfliteFile {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (new TextDecoder('latin1').decode(file.subarray(4, 8)) !== 'TFL3') {
    throw new Error('This is not a .tflite file.')
  }
  const model = new Table(view, view.getUint32(0, true))
  const codes = model.tables(1)
  const [graph, ...others] = model.tables(2)
  if (!graph || others.length > 0) throw new Error('There is not one graph in it.')
  const buffers = model.tables(4)
  const tensors = graph.tables(0).map((tensor) => {
    const quantization = tensor.table(4)
    const data = buffers[tensor.number(2, 'i32') ?? 0]!.bytes(0)
    return {
      name: new TextDecoder().decode(tensor.bytes(3)),
      type: tensor.number(1, 'i8') ?? 0,
      dims: tensor.numbers(0, 'i32'),
      bytes: data,
      at: data.byteOffset - file.byteOffset,
      scales: quantization?.numbers(2, 'f32') ?? [],
      zeroPoints: quantization?.numbers(3, 'i64') ?? [],
    }
  })
  const operators = graph.tables(3).map((operator) => {
    const code = codes[operator.number(0, 'i32') ?? 0]!
    return {
      code: code.number(3, 'i32') ?? 0,
      version: code.number(2, 'i32') ?? 1,
      inputs: operator.numbers(1, 'i32'),
      outputs: operator.numbers(2, 'i32'),
      optionsType: operator.number(3, 'i8') ?? 0,
      option: (field: number, type: 'i8' | 'i32' | 'f32') => operator.table(4)?.number(field, type),
    }
  })
  return { tensors, operators, inputs: graph.numbers(1, 'i32'), outputs: graph.numbers(2, 'i32') }
}

const sizes = { i8: 1, i32: 4, i64: 8, f32: 4 }

class Table {
  constructor(
    readonly view: DataView,
    readonly at: number,
  ) {}

  number(field: number, type: keyof typeof sizes): number | undefined {
    const at = this.#field(field)
    return at === undefined ? undefined : this.#read(at, type)
  }

  numbers(field: number, type: keyof typeof sizes): number[] {
    const [start, length] = this.#vector(field)
    return Array.from({ length }, (_, i) => this.#read(start + i * sizes[type], type))
  }

  bytes(field: number): Uint8Array {
    const [start, length] = this.#vector(field)
    return new Uint8Array(this.view.buffer, this.view.byteOffset + start, length)
  }

  table(field: number): Table | undefined {
    const at = this.#field(field)
    return at === undefined ? undefined : new Table(this.view, this.#target(at))
  }

  tables(field: number): Table[] {
    const [start, length] = this.#vector(field)
    return Array.from({ length }, (_, i) => new Table(this.view, this.#target(start + 4 * i)))
  }

  #vector(field: number): [start: number, length: number] {
    const at = this.#field(field)
    if (at === undefined) return [0, 0]
    const vector = this.#target(at)
    return [vector + 4, this.view.getUint32(vector, true)]
  }

  #field(field: number): number | undefined {
    const vtable = this.at - this.view.getInt32(this.at, true)
    const entry = 4 + 2 * field
    if (entry >= this.view.getUint16(vtable, true)) return undefined
    const offset = this.view.getUint16(vtable + entry, true)
    return offset === 0 ? undefined : this.at + offset
  }

  #target(at: number): number {
    return at + this.view.getUint32(at, true)
  }

  #read(at: number, type: keyof typeof sizes): number {
    switch (type) {
      case 'i8':
        return this.view.getInt8(at)
      case 'i32':
        return this.view.getInt32(at, true)
      case 'i64':
        return Number(this.view.getBigInt64(at, true))
      case 'f32':
        return this.view.getFloat32(at, true)
    }
  }
}
