import type { CheckpointFile } from '../../src/checkpoint/checkpoint.ts'
import { loadWeights } from '../../src/checkpoint/plan/load.ts'
import { programOf } from '../../src/families/architectures.ts'
import type { CheckpointPlan } from '../../src/families/plan.ts'
import { CollectingSink } from './collect.ts'

/** Loads all weights that the program of a plan needs, and checks that each is filled exactly. */
export async function loadCheckpoint(
  file: CheckpointFile,
  plan: CheckpointPlan,
): Promise<Map<string, Float32Array>> {
  const { weights } = programOf(plan.config)
  const sink = new CollectingSink(weights)
  // A text tower is no part of the program.
  const pieces = new Map(weights.map(({ name }) => [name, plan.pieces.get(name) ?? []]))
  await loadWeights(file, { ...plan, pieces }, sink)
  sink.complete()
  return sink.values
}
