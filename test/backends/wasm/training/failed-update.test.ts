import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { wholeRegion } from '../../../../src/backends/weights.ts'
import { gradientName } from '../../../../src/program/training/gradients.ts'
import type { Weight } from '../../../../src/program/values.ts'
import { parametersInBackend, stateWeights } from '../../../../src/train/parameters/in-backend.ts'
import { sgd } from '../../../../src/train/recipe/optimizer.ts'
import { gaussian } from '../../../random.ts'
import { outcome, sabotage, workersReady } from '../threads/workers.ts'
import { runnable, trainingBackend } from './runnable.ts'

const weights: readonly Weight[] = [{ name: 'kernel', shape: [150, 229], role: 'kernel' }]
const start = new Map([['kernel', gaussian(1, 150 * 229)]])

test('parameters that an update has left half changed are refused; the gradients are not', async () => {
  const optimizer = sgd({ momentum: 0.9, accumulator: 'bfloat16' })
  const gradients = weights.map((weight) => ({ ...weight, name: gradientName(weight.name) }))
  const state = stateWeights(weights, optimizer.rule)
  const backend = await trainingBackend(runnable.at(-1)!, 2)
  const model = backend.createModel([...weights, ...gradients, ...state])
  const parameters = parametersInBackend(model, weights, optimizer)
  await parameters.restore(start, new Map())
  const gradient = gaussian(2, 150 * 229)
  model.write(gradientName('kernel'), wholeRegion([150, 229]), 0, gradient)
  await workersReady(2)
  const numbers = { learningRate: 0.1, step: 1 }
  sabotage.command = (command) => {
    const [, ...rest] = command.args
    return { ...command, args: [0xffffff00, ...rest] }
  }
  assert.is(await outcome(parameters.update(numbers)), 'WORKER')
  sabotage.command = undefined
  // The thread that was lost may still be writing.
  for (const use of [
    async () => parameters.values.get('kernel'),
    async () => [...parameters.state],
    () => parameters.update(numbers),
  ]) {
    assert.is(await outcome(use()), 'WORKER')
  }
  assert.equal(await model.read!(gradientName('kernel')), gradient)
  model.dispose()
})

test.run()
