import { placeRegion } from '../../src/backends/weights.ts'
import { loadPieces } from '../../src/checkpoint/plan/load.ts'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { planCheckpoint } from '../../src/families/plan.ts'
import type { Program } from '../../src/program/program.ts'
import type { Weights } from '../engine/peer.ts'
import type { Case } from './case.ts'
import { randomWeights } from './random.ts'

/** The values of a case's weights: a checkpoint's where it names one, else random ones. */
export async function caseWeights(bench: Case, program: Program): Promise<Weights> {
  if (bench.weights === undefined) return randomWeights(program.weights)
  const matrices = new Map(
    program.weights.map(({ name, shape }) => [
      name,
      { columns: shape[1], values: new Float32Array(shape[0] * shape[1]) },
    ]),
  )
  const file = await openCheckpoint(bench.weights)
  try {
    const { pieces } = await planCheckpoint(file, bench.config ?? {}, {})
    const used = program.weights.flatMap(({ name }) => pieces.get(name) ?? [])
    await loadPieces(file, used, {
      write(name, region, start, values) {
        const matrix = matrices.get(name)!
        placeRegion(matrix.columns, region, start, values, matrix.values)
      },
    })
  } finally {
    await file.close()
  }
  return new Map([...matrices].map(([name, { values }]) => [name, values]))
}
