import type { Model } from '../../backends/backend.ts'
import { wholeRegion } from '../../backends/weights.ts'
import { gradientName } from '../../program/training/gradients.ts'
import type { Weight } from '../../program/values.ts'
import { applyRule } from '../recipe/apply-rule.ts'
import { type Optimizer, stateNames } from '../recipe/optimizer.ts'
import { clipTo, globalNorm } from '../recipe/optimizers/clip.ts'
import type { Parameters } from './parameters.ts'
import { TensorView } from './tensor-view.ts'

/** Parameters that are updated here, and written to the model after each update: for backends that only compute gradients. */
export function parametersInJavaScript(
  model: Model,
  weights: readonly Weight[],
  { rule, decay }: Optimizer,
): Parameters {
  const sizeOf = ({ shape }: Weight) => shape[0] * shape[1]
  const parameters = new Map(
    weights.map((weight) => [weight.name, new Float32Array(sizeOf(weight))]),
  )
  const States = rule.kind === 'sgd' && rule.accumulator === 'bfloat16' ? Uint16Array : Float32Array
  const states = new Map<string, Float32Array | Uint16Array>(
    weights.flatMap((weight) =>
      stateNames(rule, weight.name).map((name) => [name, new States(sizeOf(weight))] as const),
    ),
  )
  let gradients: Float32Array[] = []

  async function write(values: ReadonlyMap<string, Float32Array> = parameters): Promise<void> {
    for (const { name, shape } of weights) {
      model.write(name, wholeRegion(shape), 0, values.get(name)!)
      await model.drain?.()
    }
  }

  return {
    values: copies(parameters),
    state: copies(states),
    async restore(values, state) {
      for (const [name, own] of parameters) own.set(values.get(name)!)
      for (const [name, own] of states) {
        const known = state.get(name)
        if (known) own.set(known)
        else own.fill(0)
      }
      await write()
    },
    use: write,
    async norm() {
      // Together, since a GPU answers each of them after a while.
      gradients = await Promise.all(weights.map(({ name }) => model.read!(gradientName(name))))
      return globalNorm(gradients)
    },
    async update({ clip, ...numbers }) {
      weights.forEach(({ name }, i) => {
        const gradient = gradients[i]!
        if (clip) clipTo(gradient, clip.norm, clip.most)
        const state = stateNames(rule, name).map((name) => states.get(name)!)
        const update = { ...numbers, weightDecay: decay(name) }
        applyRule(rule, parameters.get(name)!, gradient, state, update)
      })
      gradients = []
      await write()
    },
  }
}

const copies = <T extends Float32Array | Uint16Array>(tensors: ReadonlyMap<string, T>) =>
  new TensorView(tensors.keys(), (name) => tensors.get(name)!.slice() as T)
