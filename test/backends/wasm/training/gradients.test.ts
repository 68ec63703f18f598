import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Model, Outputs } from '../../../../src/backends/backend.ts'
import { wholeRegion } from '../../../../src/backends/weights.ts'
import {
  standardizing,
  standardizingGradients,
} from '../../../../src/program/training/standardized-kernels.ts'
import type { Weight } from '../../../../src/program/values.ts'
import { sharedTest } from '../../../shared.ts'
import { type GradientCase, gradientCases, highest } from '../../../train/gradient-cases.ts'
import { runnable, trainingBackend } from './runnable.ts'

sharedTest('gradients of whole models are those of the official code, in f32', async () => {
  for await (const golden of gradientCases()) {
    const largest = Math.max(...[...golden.gradients.values()].map(({ data }) => highest(data)))
    let bits: Float32Array[] | undefined
    for (const build of runnable) {
      for (const threads of build === runnable[0] ? [1, 2, 3] : [1]) {
        const { loss, gradients } = await train(golden, build, threads)
        const what = `${golden.name}, ${build.name}, ${threads} threads`
        assert.ok(Math.abs(loss - golden.loss) < 1e-5, `${what}: loss ${loss}`)
        let [squares, all] = [0, 0]
        for (const [weight, { data }] of golden.gradients) {
          const found = gradients.get(weight)!
          const errors = data.map((value, i) => value - found[i]!)
          const worst = highest(errors)
          assert.ok(worst <= 3e-6 * largest, `${what} ${weight}: off by ${worst} of ${largest}`)
          squares += errors.reduce((sum, error) => sum + error * error, 0)
          all += data.reduce((sum, value) => sum + value * value, 0)
        }
        const relative = Math.sqrt(squares / all)
        if (process.env.VERBOSE) console.log(what, relative)
        assert.ok(relative <= 3e-6, `${what}: off by ${relative}`)
        if (build !== runnable[0]) continue
        const made = [...gradients.values()]
        bits ??= made
        assert.equal(made, bits, `${what}: other bits`)
      }
    }
  }
})

async function train(golden: GradientCase, build: (typeof runnable)[number], threads: number) {
  const { training, weights, kernels, samples } = golden
  const before = standardizing(kernels)
  const after = standardizingGradients(kernels)
  const all = new Map<string, Weight>()
  for (const program of [training, before, after]) {
    for (const weight of program.weights) all.set(weight.name, weight)
  }
  const backend = await trainingBackend(build, threads)
  const model: Model = backend.createModel([...all.values()])
  for (const [name, { shape, data }] of weights) {
    if (all.has(name)) model.write(name, wholeRegion(shape), 0, Float32Array.from(data))
  }
  await model.compileTraining!(before).run({})
  const images = samples.length
  const outputs: Outputs = await model.compileTraining!(training, { images }).run({
    pixels: Float32Array.from(samples.flatMap(({ pixels }) => [...pixels])),
    targets: Float32Array.from(samples.flatMap(({ targets }) => targets)),
  })
  await model.compileTraining!(after).run({})
  const gradients = new Map<string, Float32Array>()
  for (const name of golden.gradients.keys()) gradients.set(name, await model.read!(name))
  model.dispose()
  const loss = outputs.loss!.reduce((sum, loss) => sum + loss / images, 0)
  return { loss, gradients }
}

test.run()
