import { TrainingOpcode } from '../../../../../assembly/training/tape.ts'
import { ArgumentError } from '../../../../errors.ts'
import type { Op } from '../../../../program/ops/operations.ts'
import {
  type TrainingProgram,
  trainingOperationOf,
  type Update,
} from '../../../../program/training/operations.ts'
import type { ValueId, Weight } from '../../../../program/values.ts'
import { type Addresses, type Block, Lowering, type Readers } from '../../lower/lowering.ts'
import type { Word } from '../../lower/tape-writer.ts'

/** Where the sum over all images goes: straight to the weight that it updates. */
export interface Shared {
  readonly address: number
  readonly weight: Weight
  /** Whether the first part of it is added to the weight. */
  readonly adds: boolean
}

/** Lowering that also knows the updates of weights. */
export class TrainingLowering extends Lowering {
  readonly #updates: ReadonlyMap<ValueId, Update>

  constructor(program: TrainingProgram, addresses: Addresses, images: number) {
    super(program, addresses, images, readersOf(program))
    this.#updates = new Map(program.updates.map((update) => [update.value, update]))
  }

  /**
   * The weight in which a shared value is summed; undefined where there is no value.
   * @throws ArgumentError where no update says which
   */
  shared(id: ValueId | undefined): Shared | undefined {
    if (id === undefined) return undefined
    const update = this.#updates.get(id)
    if (!update) {
      const { name } = this.program.values[id]!
      throw new ArgumentError(`The value ${name} is one for all images and updates no weight.`)
    }
    const { weight, adds } = update
    return { address: this.weight(weight), weight: this.program.weights[weight]!, adds }
  }

  emitTraining(
    opcode: TrainingOpcode,
    value: ValueId,
    fields: Readonly<Record<number, Word>>,
    flops = 0,
  ): void {
    this.tape.emit(
      opcode,
      `${TrainingOpcode[opcode]} ${this.program.values[value]!.name}`,
      fields,
      flops,
    )
  }

  /**
   * The rows of all images as few records as possible: one where they lie at equal distances, else one for each image.
   * @returns blocks, each with the bytes from one row to the next
   */
  stacked(id: ValueId): (Block & { readonly stride: number })[] {
    const [rows] = this.shape(id)
    const { stride, imageBytes } = this.locate(id)
    const { images } = this
    if (rows === 1) return [{ image: 0, row: 0, rows: images, stride: imageBytes }]
    if (imageBytes === rows * stride) return [{ image: 0, row: 0, rows: images * rows, stride }]
    return Array.from({ length: images }, (_, image) => ({ image, row: 0, rows, stride }))
  }
}

/** Fields with the address of sums, 0 for none, and next to it whether the record adds to them. */
export const sumsFields = (field: number, shared: Shared | undefined, isFurther: boolean) => ({
  [field]: shared?.address ?? 0,
  [field + 1]: Number(shared !== undefined && (shared.adds || isFurther)),
})

function readersOf(program: TrainingProgram): Readers {
  const readers = new Map<ValueId, (Op | 'output')[]>()
  const add = (id: ValueId | undefined, reader: Op | 'output') => {
    if (id !== undefined) readers.set(id, [...(readers.get(id) ?? []), reader])
  }
  for (const op of program.ops) {
    // Those who ask compare names of operations, which no operation of training shares.
    for (const field of trainingOperationOf(op).reads) add(op[field as never], op as Op)
  }
  for (const id of Object.values(program.outputs)) add(id, 'output')
  return readers
}
