import {
  TrainingOpcode,
  UPDATE_CHUNK,
  UpdateEntry,
  UpdateField,
} from '../../../../assembly/training/tape.ts'
import { ArgumentError } from '../../../errors.ts'
import type {
  UpdatedWeight,
  UpdateNumbers,
  UpdateRule,
} from '../../../program/training/update-rule.ts'
import type { Lowered, Placed } from '../lower/lower.ts'
import { floatBits } from '../lower/norm-fields.ts'
import { type Slot, TapeWriter, type Word } from '../lower/tape-writer.ts'
import type { WeightStore } from '../weights/store.ts'

/** Where a weight lies. */
interface Place {
  readonly address: number
  readonly floats: number
}

type Places = (name: string) => Place

/** Finds weights. @throws ArgumentError for a weight that the model does not have */
export const placesIn =
  (store: WeightStore): Places =>
  (name) => {
    const floats = store.floats(name)
    if (floats === undefined) throw new ArgumentError(`This model has no weight ${name}.`)
    return { address: store.address(name), floats }
  }

/** Operations of one value, for splitting a long record where one thread computes. */
const COST = 16

const chunksOf = ({ floats }: Place) => Math.ceil(floats / UPDATE_CHUNK)

/** Sums of the squares of gradients: the output `partial` has one in f64 for each chunk. */
export function lowerSquares(
  updated: readonly UpdatedWeight[],
  place: Places,
  arena: number,
): Lowered {
  const tape = new TapeWriter()
  const count = updated.reduce((sum, { gradient }) => sum + chunksOf(place(gradient)), 0)
  const output = tape.allocate(8 * count)
  emit(TrainingOpcode.Squares, updated, place, { [UpdateField.Output]: output }, tape)
  tape.keep(output)
  return written(tape, arena, {}, { partial: { slot: output, columns: 2 * count } })
}

/** The sum of squares of each gradient, chunk by chunk, so that it does not depend on the threads. */
export function sumsOf(
  updated: readonly UpdatedWeight[],
  place: Places,
  partial: Float32Array,
): Float64Array {
  const sums = new Float64Array(partial.buffer)
  let at = 0
  return Float64Array.from(updated, ({ gradient }) => {
    let sum = 0
    for (const end = at + chunksOf(place(gradient)); at < end; at++) sum += sums[at]!
    return sum
  })
}

/** Updates all weights; the input `numbers` is what `numbersOf` returns. */
export function lowerUpdate(
  rule: UpdateRule,
  updated: readonly UpdatedWeight[],
  place: Places,
  arena: number,
): Lowered {
  const tape = new TapeWriter()
  const numbers = tape.allocate(4 * NUMBERS)
  const [opcode, fields] = recordOf(rule)
  emit(opcode, updated, place, { ...fields, [UpdateField.Numbers]: numbers }, tape)
  return written(tape, arena, { numbers: { slot: numbers, columns: NUMBERS } }, {})
}

function recordOf(rule: UpdateRule): [TrainingOpcode, Record<number, Word>] {
  if (rule.kind === 'sgd') {
    const half = rule.accumulator === 'bfloat16'
    const fields = { [UpdateField.Half]: Number(half) }
    return [
      TrainingOpcode.SGDUpdate,
      // 0.9 is 0.8984375 in bfloat16.
      {
        ...fields,
        [UpdateField.Momentum]: half ? bfloat16Bits(rule.momentum) : floatBits(rule.momentum),
      },
    ]
  }
  const { beta1, beta2, epsilon } = rule
  return [
    TrainingOpcode.AdamWUpdate,
    {
      [UpdateField.Keep1]: floatBits(beta1),
      [UpdateField.Keep2]: floatBits(beta2),
      [UpdateField.Take1]: floatBits(1 - beta1),
      [UpdateField.Take2]: floatBits(1 - beta2),
      [UpdateField.Epsilon]: floatBits(epsilon),
    },
  ]
}

/** The bits of an f32, rounded to the nearest bfloat16. */
function bfloat16Bits(value: number): number {
  const bits = floatBits(value)
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000) >>> 0
}

/** How many numbers change from update to update. */
const NUMBERS = 5

export function numbersOf(
  rule: UpdateRule,
  { learningRate, step, clip }: UpdateNumbers,
): Float32Array {
  const { fround } = Math
  // Both means start at zero, and are too small by these factors.
  const correction = (beta: number) => 1 - fround(fround(beta) ** step)
  const corrections =
    rule.kind === 'adamw' ? [correction(rule.beta1), correction(rule.beta2)] : [0, 0]
  return Float32Array.of(learningRate, clip?.norm ?? 1, clip?.most ?? -1, ...corrections)
}

function emit(
  opcode: TrainingOpcode,
  updated: readonly UpdatedWeight[],
  place: Places,
  fields: Readonly<Record<number, Word>>,
  tape: TapeWriter,
): void {
  const words: Record<number, Word> = { ...fields }
  let [chunks, floats] = [0, 0]
  updated.forEach(({ weight, gradient, state, decay }, i) => {
    const at = UpdateField.Table + i * UpdateEntry.Words
    const [own, slope] = [place(weight), place(gradient)]
    if (own.floats !== slope.floats) {
      throw new ArgumentError(`${gradient} is not of the shape and role of ${weight}.`)
    }
    words[at + UpdateEntry.Parameter] = own.address
    words[at + UpdateEntry.Gradient] = slope.address
    words[at + UpdateEntry.First] = state[0] === undefined ? 0 : place(state[0]).address
    words[at + UpdateEntry.Second] = state[1] === undefined ? 0 : place(state[1]).address
    words[at + UpdateEntry.Floats] = own.floats
    words[at + UpdateEntry.Decay] = floatBits(decay)
    chunks += chunksOf(own)
    floats += own.floats
  })
  words[UpdateField.Chunks] = chunks
  tape.emit(opcode, `${TrainingOpcode[opcode]} weights`, words, COST * floats)
}

interface Row {
  readonly slot: Slot
  readonly columns: number
}

function written(
  tape: TapeWriter,
  arena: number,
  inputs: Readonly<Record<string, Row>>,
  outputs: Readonly<Record<string, Row>>,
): Lowered {
  const { resolve, ...rest } = tape.write(arena)
  const placed = (rows: Readonly<Record<string, Row>>): Record<string, Placed> =>
    Object.fromEntries(
      Object.entries(rows).map(([name, { slot, columns }]) => [
        name,
        { address: resolve(slot), stride: 0, imageBytes: 0, images: 1, rows: 1, columns },
      ]),
    )
  const scratch = { tokens: 0, headWidth: 0, row: 0 }
  return { ...rest, inputs: placed(inputs), outputs: placed(outputs), scratch }
}
