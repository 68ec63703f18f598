import type { Program } from '../../../src/program/program.ts'
import type { Format, Place } from '../../engine/peer.ts'
import { bytes } from './matrix.ts'

const file = 'weights.f32'

/** All weights one after the other, in the order in which the program declares them. */
export const format: Format = {
  *files({ program }, weights) {
    for (const { name } of program.weights) yield [file, bytes(weights.get(name)!)]
  },
}

/** The weights again, as views of one buffer. */
export async function readMatrices(program: Program, place: Place) {
  const { buffer, byteOffset } = await place.read(file)
  let at = byteOffset
  return program.weights.map((weight) => {
    const [rows, columns] = weight.shape
    const values = new Float32Array(buffer, at, rows * columns)
    at += values.byteLength
    return { weight, values }
  })
}
