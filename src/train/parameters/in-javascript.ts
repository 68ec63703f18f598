import type { Model } from '../../backends/backend.ts'
import { wholeRegion } from '../../backends/weights.ts'
import { gradientName } from '../../program/training/gradients.ts'
import type { UpdateNumbers } from '../../program/training/update-rule.ts'
import type { Weight } from '../../program/values.ts'
import { type Optimizer, stateNames } from '../recipe/optimizer.ts'
import { updateAdamW } from '../recipe/optimizers/adamw.ts'
import { clipTo, globalNorm } from '../recipe/optimizers/clip.ts'
import { updateSGD } from '../recipe/optimizers/sgd.ts'
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

  async function write(): Promise<void> {
    for (const { name, shape } of weights) {
      model.write(name, wholeRegion(shape), 0, parameters.get(name)!)
      await model.drain?.()
    }
  }

  function updateOne(name: string, gradient: Float32Array, numbers: UpdateNumbers): void {
    const parameter = parameters.get(name)!
    const [first, second] = stateNames(rule, name).map((name) => states.get(name)!)
    const { learningRate, step } = numbers
    if (rule.kind === 'adamw') {
      const moments = { first: first as Float32Array, second: second as Float32Array }
      const { kind, ...betas } = rule
      const options = { ...betas, learningRate, step, weightDecay: decay(name) }
      updateAdamW(parameter, gradient, moments, options)
    } else {
      const { momentum } = rule
      updateSGD(parameter, gradient, first, { learningRate, momentum, weightDecay: decay(name) })
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
    async norm() {
      gradients = []
      for (const { name } of weights) gradients.push(await model.read!(gradientName(name)))
      return globalNorm(gradients)
    },
    async update(numbers) {
      const { clip } = numbers
      weights.forEach(({ name }, i) => {
        if (clip) clipTo(gradients[i]!, clip.norm, clip.most)
        updateOne(name, gradients[i]!, numbers)
      })
      gradients = []
      await write()
    },
  }
}

const copies = <T extends Float32Array | Uint16Array>(tensors: ReadonlyMap<string, T>) =>
  new TensorView(tensors.keys(), (name) => tensors.get(name)!.slice() as T)
