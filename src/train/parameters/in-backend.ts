import type { Model } from '../../backends/backend.ts'
import { wholeRegion } from '../../backends/weights.ts'
import { gradientName } from '../../program/training/gradients.ts'
import type { UpdatedWeight, UpdateRule } from '../../program/training/update-rule.ts'
import type { Weight } from '../../program/values.ts'
import { type Optimizer, stateNames } from '../recipe/optimizer.ts'
import { fromBfloat16, toBfloat16 } from '../recipe/optimizers/bfloat16.ts'
import { normOfSums } from '../recipe/optimizers/clip.ts'
import type { Parameters } from './parameters.ts'
import { TensorView } from './tensor-view.ts'

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

  const namesOf = (all: readonly Weight[]) => all.map(({ name }) => name)
  const read = (name: string) => model.readNow!(name)
  /** Copies of the parameters while the model computes with other values. */
  let own: Map<string, Float32Array> | undefined

  async function write(values: ReadonlyMap<string, Float32Array>): Promise<void> {
    for (const { name, shape } of weights) {
      model.write(name, wholeRegion(shape), 0, values.get(name)!)
    }
    await model.drain?.()
  }

  return {
    values: new TensorView(namesOf(weights), (name) => own?.get(name)?.slice() ?? read(name)),
    state: new TensorView<Float32Array | Uint16Array>(namesOf(states), (name) =>
      isHalf ? Uint16Array.from(read(name), toBfloat16) : read(name),
    ),
    async restore(values, state) {
      own = undefined
      await write(values)
      const sizes = states.map(({ shape }) => shape[0] * shape[1])
      const zeros = new Float32Array(Math.max(0, ...sizes))
      for (const [i, { name, shape }] of states.entries()) {
        const given = state.get(name)
        const known = given instanceof Uint16Array ? Float32Array.from(given, fromBfloat16) : given
        model.write(name, wholeRegion(shape), 0, known ?? zeros.subarray(0, sizes[i]))
        await model.drain?.()
      }
    },
    async use(values) {
      if (values) {
        own ??= new Map(weights.map(({ name }) => [name, read(name)]))
        await write(values)
      } else if (own) {
        await write(own)
        own = undefined
      }
    },
    norm: async () => normOfSums(await updates.squares(), Math.fround),
    update: (numbers) => updates.apply(numbers),
  }
}
