import * as assert from 'uvu/assert'
import type { Backend } from '../../src/backends/backend.ts'
import { wholeRegion } from '../../src/backends/weights.ts'
import {
  standardizing,
  standardizingGradients,
} from '../../src/program/training/standardized-kernels.ts'
import type { Weight } from '../../src/program/values.ts'
import { type GradientCase, highest } from '../train/gradient-cases.ts'

/**
 * Compares all gradients of a whole model with those of the official code in float64: the relative L2 of all together,
 * and the worst error as a share of the model's largest gradient.
 * @returns the gradients, in the order of the case
 */
export async function compareGradients(
  golden: GradientCase,
  backend: Backend,
  what: string,
  bound = 3e-6,
): Promise<Float32Array[]> {
  const largest = Math.max(...[...golden.gradients.values()].map(({ data }) => highest(data)))
  const { loss, gradients } = await gradientsOn(golden, backend)
  assert.ok(Math.abs(loss - golden.loss) < 1e-5, `${what}: loss ${loss}`)
  let [squares, all, most] = [0, 0, 0]
  for (const [weight, { data }] of golden.gradients) {
    const found = gradients.get(weight)!
    const errors = data.map((value, i) => value - found[i]!)
    const worst = highest(errors)
    assert.ok(worst <= bound * largest, `${what} ${weight}: off by ${worst} of ${largest}`)
    most = Math.max(most, worst / largest)
    squares += errors.reduce((sum, error) => sum + error * error, 0)
    all += data.reduce((sum, value) => sum + value * value, 0)
  }
  const relative = Math.sqrt(squares / all)
  if (process.env.VERBOSE) console.log(what, relative, most)
  assert.ok(relative <= bound, `${what}: off by ${relative}`)
  return [...gradients.values()]
}

async function gradientsOn(golden: GradientCase, backend: Backend) {
  const { training, weights, kernels, samples } = golden
  const before = standardizing(kernels)
  const after = standardizingGradients(kernels)
  const all = new Map<string, Weight>()
  for (const program of [training, before, after]) {
    for (const weight of program.weights) all.set(weight.name, weight)
  }
  const model = backend.createModel([...all.values()])
  for (const [name, { shape, data }] of weights) {
    if (all.has(name)) model.write(name, wholeRegion(shape), 0, Float32Array.from(data))
  }
  if (kernels.length > 0) await model.compileTraining!(before).run({})
  const images = samples.length
  const outputs = await model.compileTraining!(training, { images }).run({
    pixels: Float32Array.from(samples.flatMap(({ pixels }) => [...pixels])),
    targets: Float32Array.from(samples.flatMap(({ targets }) => targets)),
  })
  if (kernels.length > 0) await model.compileTraining!(after).run({})
  const gradients = new Map<string, Float32Array>()
  for (const name of golden.gradients.keys()) gradients.set(name, await model.read!(name))
  model.dispose()
  const loss = outputs.loss!.reduce((sum, loss) => sum + loss / images, 0)
  return { loss, gradients }
}
