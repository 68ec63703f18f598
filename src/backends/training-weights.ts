import { ArgumentError } from '../errors.ts'
import type { Program } from '../program/program.ts'
import { type TrainingProgram, trainingOperationOf } from '../program/training/operations.ts'
import type { Weight } from '../program/values.ts'
import { checkWeightsNamed } from './weights.ts'

/** The weights that the operations of a program read. */
export function usedWeights(program: Program | TrainingProgram): Weight[] {
  const ids = program.ops.flatMap((op) =>
    Object.keys(trainingOperationOf(op).weights).flatMap(
      (field) => (op as unknown as Record<string, number | undefined>)[field] ?? [],
    ),
  )
  return [...new Set(ids)].map((id) => program.weights[id]!)
}

/**
 * The weights that a program of training reads, and those that it updates, one for each update.
 * @throws ArgumentError where a model was not created with one of them
 */
export function trainingWeights(program: TrainingProgram, weights: readonly Weight[]) {
  const read = usedWeights(program)
  const updated = program.updates.map(({ weight }) => program.weights[weight]!)
  checkWeightsNamed([...read, ...updated], weights)
  return { read, updated }
}

/**
 * For backends that update weights while a program runs.
 * @throws ArgumentError where a program updates a weight that it also reads
 */
export function requireApart(read: readonly Weight[], updated: readonly Weight[]): void {
  const names = new Set(read.map(({ name }) => name))
  const both = updated.find(({ name }) => names.has(name))
  if (!both) return
  throw new ArgumentError(
    `The program reads ${both.name} and updates it; this backend updates weights while it runs, so use two programs.`,
  )
}
