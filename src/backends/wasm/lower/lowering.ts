import { NormField, Opcode, type Quantization } from '../../../../assembly/tape.ts'
import { inputsOf, type Op } from '../../../program/ops/operations.ts'
import type { Program } from '../../../program/program.ts'
import type { Shape, ValueId, WeightId } from '../../../program/values.ts'
import type { Build } from '../builds/builds.ts'
import { rowStride } from '../memory/layout.ts'
import { shifted, TapeWriter, type Word } from './tape-writer.ts'

/** The addresses a tape refers to, and the build that runs it. */
export interface Addresses {
  /** Address of a weight. */
  weight(name: string): number
  /** How a kernel is quantised, undefined where it is f32. */
  quantization(name: string): Quantization | undefined
  /** Zeros, at least as many as the widest bias has values. */
  readonly zeros: number
  /** The build that runs the tape. */
  readonly build: Build
  /** Where the run's arena begins. */
  readonly arena: number
}

/** Where the values of all images lie. */
export interface Location {
  readonly at: Word
  /** Bytes from one row to the next. */
  readonly stride: number
  /** Bytes from one image to the next. */
  readonly imageBytes: number
}

/** The rows that one record processes: some of one image, or those of several. */
export interface Block {
  /** The first image, and the first row in it. */
  readonly image: number
  readonly row: number
  readonly rows: number
}

/**
 * The most rows in one product. With more, the left-hand side no longer stays in the L2 cache from one
 * panel to the next: one product over eight images halves the speed of fc2.
 */
export const BLOCK_ROWS = 200

/** A multiple of the rows of every build's tiles. */
const WHOLE_TILES = 12

/** What lowering needs of a program beside its operations. */
export type Operands = Pick<Program, 'values' | 'weights' | 'inputs'>

/** The state shared by all operations during lowering: values, weights and the tape. */
export class Lowering {
  readonly program: Operands
  readonly images: number
  readonly addresses: Addresses
  readonly tape = new TapeWriter()
  /** The largest attention and the longest row of the program; they size each thread's scratch memory. */
  readonly scratch = { tokens: 0, headWidth: 0, row: 0 }
  readonly #located = new Map<ValueId, Location>()
  readonly #readers: Readers

  constructor(program: Operands, addresses: Addresses, images: number, readers: Readers) {
    this.program = program
    this.addresses = addresses
    this.images = images
    this.#readers = readers
    for (const id of Object.values(program.inputs)) this.#defineInput(id)
  }

  shape(id: ValueId): Shape {
    return this.program.values[id]!.shape
  }

  weightShape(id: WeightId): Shape {
    return this.program.weights[id]!.shape
  }

  /** The address of a weight. */
  weight(id: WeightId): number {
    return this.addresses.weight(this.program.weights[id]!.name)
  }

  quantization(id: WeightId): Quantization | undefined {
    return this.addresses.quantization(this.program.weights[id]!.name)
  }

  /** The address of a weight, or of zeros where there is none. */
  vector(id: WeightId | undefined): number {
    return id === undefined ? this.addresses.zeros : this.weight(id)
  }

  locate(id: ValueId): Location {
    return this.#located.get(id)!
  }

  /** The address of a row of one image. */
  rowOf(id: ValueId, image: number, row = 0): Word {
    const { at, stride, imageBytes } = this.locate(id)
    return shifted(at, image * imageBytes + row * stride)
  }

  /** Allocates the value that an operation produces. */
  define(id: ValueId): Location {
    const [rows, columns] = this.shape(id)
    const stride = rowStride(columns)
    const imageBytes = rows * stride
    const location = { at: this.tape.allocate(this.images * imageBytes), stride, imageBytes }
    this.#located.set(id, location)
    return location
  }

  /** Defines a value as rows of another, from row `from` on. */
  alias(id: ValueId, source: ValueId, from: number): void {
    const { stride, imageBytes } = this.locate(source)
    this.#located.set(id, { at: this.rowOf(source, 0, from), stride, imageBytes })
  }

  /** Defines a value as a weight whose rows are dense, the same for all images. */
  place(id: ValueId, weight: WeightId): void {
    const stride = 4 * this.shape(id)[1]
    this.#located.set(id, { at: this.weight(weight), stride, imageBytes: 0 })
  }

  emit(opcode: Opcode, value: ValueId, fields: Readonly<Record<number, Word>>, flops = 0): void {
    const label = `${Opcode[opcode]} ${this.program.values[value]!.name}`
    this.tape.emit(opcode, label, fields, flops)
  }

  /** Makes sure that each thread's scratch memory holds a tile, of at least four rows, of this length. */
  useScratch(row: number): void {
    this.scratch.row = Math.max(this.scratch.row, row)
  }

  /**
   * Splits the rows of all images into blocks for a row-wise operation: stacked images go together, up to
   * `most` rows, if all the values are stored without gaps between images.
   */
  blocks(rows: number, values: readonly ValueId[], most = BLOCK_ROWS): Block[] {
    const dense = values.every((id) => {
      const { stride, imageBytes } = this.locate(id)
      return imageBytes === this.shape(id)[0] * stride
    })
    const together = dense ? Math.max(1, Math.floor(most / rows)) : 1
    const blocks: Block[] = []
    for (let image = 0; image < this.images; image += together) {
      blocks.push({ image, row: 0, rows: rows * Math.min(together, this.images - image) })
    }
    return blocks
  }

  /** Splits the rows of each image into blocks of about `most` rows. */
  blocksWithin(rows: number, most: number): Block[] {
    const count = Math.ceil(rows / most)
    const size = Math.ceil(rows / count / WHOLE_TILES) * WHOLE_TILES
    const blocks: Block[] = []
    for (let image = 0; image < this.images; image++) {
      for (let row = 0; row < rows; row += size) {
        blocks.push({ image, row, rows: Math.min(size, rows - row) })
      }
    }
    return blocks
  }

  /** Fields with the address of a row and, next to it, the stride; 0 where there is no value. */
  fieldsOf(field: number, id: ValueId | undefined, image: number, row = 0): Record<number, Word> {
    if (id === undefined) return { [field]: 0, [field + 1]: 0 }
    return { [field]: this.rowOf(id, image, row), [field + 1]: this.locate(id).stride }
  }

  /**
   * Allocates the output of an operation and writes a record for each image, which makes it from the rows of an input.
   * @param fields what the record says beside both values
   */
  emitRows(
    opcode: Opcode,
    { input, output }: { readonly input: ValueId; readonly output: ValueId },
    fields: (image: number) => Readonly<Record<number, Word>>,
  ): void {
    const [rows, columns] = this.shape(output)
    this.define(output)
    this.eachImage((image) => {
      this.emit(opcode, output, {
        ...this.fieldsOf(NormField.Input, input, image),
        ...this.fieldsOf(NormField.Output, output, image),
        [NormField.Rows]: rows,
        [NormField.Columns]: columns,
        ...fields(image),
      })
    })
  }

  /** Calls `lower` for each image. */
  eachImage(lower: (image: number) => void): void {
    for (let image = 0; image < this.images; image++) lower(image)
  }

  /** Whether every reader of a value is an operation that passes the test. */
  readOnlyBy(id: ValueId, test: (op: Op) => boolean): boolean {
    return this.#readers.get(id)?.every((reader) => reader !== 'output' && test(reader)) ?? true
  }

  /** Inputs are dense, as the caller provides them. */
  #defineInput(id: ValueId): void {
    const [rows, columns] = this.shape(id)
    const [stride, imageBytes] = [4 * columns, 4 * rows * columns]
    const at = this.tape.allocate(this.images * imageBytes)
    this.#located.set(id, { at, stride, imageBytes })
  }
}

/** What reads each value. */
export type Readers = ReadonlyMap<ValueId, readonly (Op | 'output')[]>

export function readersOf(program: Program): Readers {
  const readers = new Map<ValueId, (Op | 'output')[]>()
  const add = (id: ValueId, reader: Op | 'output') =>
    readers.set(id, [...(readers.get(id) ?? []), reader])
  for (const op of program.ops) for (const id of inputsOf(op)) add(id, op)
  for (const id of Object.values(program.outputs)) add(id, 'output')
  return readers
}
