import type { Model } from '../../backends/backend.ts'
import { wholeRegion } from '../../backends/weights.ts'
import { gradientName } from '../../program/training/gradients.ts'
import type { UpdatedWeight, UpdateRule } from '../../program/training/update-rule.ts'
import type { Weight } from '../../program/values.ts'
import { type Optimizer, stateNames } from '../recipe/optimizer.ts'
import { fromBfloat16, toBfloat16 } from '../recipe/optimizers/bfloat16.ts'
import { normOfSums } from '../recipe/optimizers/clip.ts'
import type { Parameters, Tensors } from './parameters.ts'

/** The weights that a model has beside its own, for the state of an optimiser. */
export const stateWeights = (parameters: readonly Weight[], rule: UpdateRule): Weight[] =>
  parameters.flatMap(({ name, shape, role }) =>
    stateNames(rule, name).map((name) => ({ name, shape, role })),
  )

/** Parameters that are weights of the model, and updated there. */
export function parametersInBackend(
  model: Model,
  weights: readonly Weight[],
  { rule, decay }: Optimizer,
): Parameters {
  const updated = weights.map(
    ({ name }): UpdatedWeight => ({
      weight: name,
      gradient: gradientName(name),
      state: stateNames(rule, name),
      decay: decay(name),
    }),
  )
  const updates = model.compileUpdates!(rule, updated)
  const states = stateWeights(weights, rule)
  const isHalf = rule.kind === 'sgd' && rule.accumulator === 'bfloat16'

  async function readAll<T>(all: readonly Weight[], from: (values: Float32Array) => T) {
    const read = new Map<string, T>()
    for (const { name } of all) read.set(name, from(await model.read!(name)))
    return read
  }

  return {
    values: () => readAll(weights, (values) => values),
    state: () =>
      readAll<Float32Array | Uint16Array>(states, (values) =>
        isHalf ? Uint16Array.from(values, toBfloat16) : values,
      ),
    async restore(values, state) {
      for (const { name, shape } of weights) {
        model.write(name, wholeRegion(shape), 0, values.get(name)!)
      }
      for (const { name, shape } of states) {
        model.write(name, wholeRegion(shape), 0, floatsOf(name, shape, state))
        await model.drain?.()
      }
    },
    norm: async () => normOfSums(await updates.squares(), Math.fround),
    update: (numbers) => updates.apply(numbers),
  }
}

function floatsOf(name: string, [rows, columns]: Weight['shape'], state: Tensors): Float32Array {
  const values = state.get(name)
  if (!values) return new Float32Array(rows * columns)
  return values instanceof Uint16Array ? Float32Array.from(values, fromBfloat16) : values
}
