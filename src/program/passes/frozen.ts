import { inputsOf, type Op, outputsOf, weightsOf } from '../ops/operations.ts'
import type { Program } from '../program.ts'
import type { ValueId } from '../values.ts'
import { withOutputs } from './outputs.ts'

/** What training can't change, and what it can. */
export interface Divided {
  /** From the program's inputs to the output `features`. */
  readonly frozen: Program
  /** From the input `features` to the program's outputs. */
  readonly trained: Program
}

/**
 * Divides a program where weights that are trained begin: what comes before gives the same for a picture always, so it
 * has to be computed only once. What depends on no input, such as a constant, belongs to each part that reads it.
 * @param trains whether a weight is trained, by its name
 * @returns undefined where not exactly one value goes from one part to the other, or where nothing comes before
 */
export function divideFrozen(
  program: Program,
  trains: (weight: string) => boolean,
): Divided | undefined {
  const changing = new Set<ValueId>()
  const fixed = new Set<ValueId>()
  const parts: Record<'frozen' | 'trained', Op[]> = { frozen: [], trained: [] }
  for (const op of program.ops) {
    const isTrained = weightsOf(op).some((id) => {
      const { name, role } = program.weights[id]!
      return role !== 'table' && trains(name)
    })
    const changes = isTrained || inputsOf(op).some((id) => changing.has(id))
    const isFixed = !changes && inputsOf(op).every((id) => fixed.has(id))
    if (changes || isFixed) parts.trained.push(op)
    if (!changes) parts.frozen.push(op)
    for (const id of outputsOf(op)) {
      if (changes) changing.add(id)
      if (isFixed) fixed.add(id)
    }
  }
  const isOwn = (id: ValueId) => changing.has(id) || fixed.has(id)
  const crossing = new Set(parts.trained.flatMap(inputsOf).filter((id) => !isOwn(id)))
  const [features] = crossing
  if (crossing.size !== 1 || Object.values(program.inputs).includes(features!)) return undefined
  const frozen = { ...program, ops: parts.frozen, outputs: { features: features! } }
  const trained = { ...program, ops: parts.trained, inputs: { features: features! } }
  return {
    frozen: withOutputs(frozen, ['features']),
    trained: withOutputs(trained, Object.keys(program.outputs)),
  }
}
