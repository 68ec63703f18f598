import type { Program } from '../../../src/program/program.ts'
import type { Format, Place } from '../../engine/peer.ts'
import { bytes } from './matrix.ts'

/** A file for each weight: those of ViT-H do not fit a buffer together. */
const file = (index: number) => `weight-${index}.f32`

export const format: Format = {
  *files({ program }, weights) {
    for (const [i, { name }] of program.weights.entries()) {
      yield [file(i), bytes(weights.get(name)!)]
    }
  },
}

/** The weights again, in the order in which the program declares them. */
export async function* readMatrices(program: Program, place: Place) {
  for (const [index, weight] of program.weights.entries()) {
    const { buffer, byteOffset } = await place.read(file(index))
    const [rows, columns] = weight.shape
    yield { index, weight, values: new Float32Array(buffer, byteOffset, rows * columns) }
  }
}
