import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { runTraining } from '../../src/backends/reference/training/run.ts'
import {
  standardizing,
  standardizingGradients,
} from '../../src/program/training/standardized-kernels.ts'
import { sharedTest } from '../shared.ts'
import { gradientCases, highest } from './gradient-cases.ts'

sharedTest('gradients of whole models are those of the official code in float64', async () => {
  for await (const { name, training, weights, kernels, ...golden } of gradientCases()) {
    runTraining(standardizing(kernels), weights, [{}])
    const losses = runTraining(training, weights, golden.samples)
    runTraining(standardizingGradients(kernels), weights, [{}])
    const loss = losses.reduce((sum, { loss }) => sum + loss![0]! / golden.samples.length, 0)
    assert.ok(Math.abs(loss - golden.loss) < 1e-9, `${name}: loss ${loss}`)
    const largest = Math.max(...[...golden.gradients.values()].map(({ data }) => highest(data)))
    for (const [weight, { data }] of golden.gradients) {
      const found = weights.get(weight)!.data
      const worst = highest(data.map((value, i) => value - found[i]!))
      // The gradient of a key's bias is 0: softmax does not change with it.
      const size = Math.max(highest(data), 1e-3 * largest)
      assert.ok(worst <= 1e-9 * size, `${name} ${weight}: off by ${worst} of ${size}`)
    }
  }
})

test.run()
