import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Backend } from '../../../../src/backends/backend.ts'
import { wholeRegion } from '../../../../src/backends/weights.ts'
import { ArgumentError } from '../../../../src/errors.ts'
import { gradientName } from '../../../../src/program/training/gradients.ts'
import type { UpdateRule } from '../../../../src/program/training/update-rule.ts'
import type { Weight } from '../../../../src/program/values.ts'
import { parametersInBackend, stateWeights } from '../../../../src/train/parameters/in-backend.ts'
import { parametersInJavaScript } from '../../../../src/train/parameters/in-javascript.ts'
import { adamw, type Optimizer, sgd } from '../../../../src/train/recipe/optimizer.ts'
import { gaussian } from '../../../random.ts'
import { runnable, trainingBackend } from './runnable.ts'

// Sizes with tails in all directions, and a kernel of several chunks.
const weights: readonly Weight[] = [
  { name: 'a.kernel', shape: [7, 3], role: 'kernel' },
  { name: 'a.bias', shape: [1, 3], role: 'vector' },
  { name: 'b.kernel', shape: [150, 229], role: 'kernel' },
  { name: 'b.bias', shape: [1, 229], role: 'vector' },
  { name: 'positions', shape: [5, 9], role: 'tokens' },
  { name: 'one', shape: [1, 1], role: 'tokens' },
]
const sizeOf = ({ shape }: Weight) => shape[0] * shape[1]

const half = sgd({ momentum: 0.9, accumulator: 'bfloat16' })
const optimizers: Record<string, Optimizer> = {
  bfloat16: half,
  float32: sgd({ momentum: 0.9, accumulator: 'float32' }),
  'with decay': sgd({ momentum: 0.9, accumulator: 'bfloat16', weightDecay: 0.03 }),
  'without momentum': sgd({ momentum: 0, accumulator: 'float32', weightDecay: 0.01 }),
  adamw: adamw({ weightDecay: 0.1 }),
}

const start = new Map(weights.map((weight, i) => [weight.name, gaussian(i, sizeOf(weight))]))

function open(backend: Backend, optimizer: Optimizer, isHere: boolean) {
  const gradients = weights.map((weight) => ({ ...weight, name: gradientName(weight.name) }))
  const state = stateWeights(weights, optimizer.rule)
  const model = backend.createModel([...weights, ...gradients, ...state])
  const parameters = (isHere ? parametersInBackend : parametersInJavaScript)(
    model,
    weights,
    optimizer,
  )
  /** Gradients, some of them as small and as large as they come. */
  const write = (step: number) =>
    weights.forEach((weight, i) => {
      const values = gaussian(100 * step + i, sizeOf(weight)).map(
        (x, at) => x * 10 ** (at % 7) * 1e-5,
      )
      model.write(gradientName(weight.name), wholeRegion(weight.shape), 0, values)
    })
  return { model, parameters, write }
}

for (const [name, optimizer] of Object.entries(optimizers)) {
  test(`${name}: the same bits as in JavaScript, on every build and any number of threads`, async () => {
    const run = async (backend: Backend, isHere: boolean) => {
      const { model, parameters, write } = open(backend, optimizer, isHere)
      await parameters.restore(start, new Map())
      const norms: number[] = []
      for (let step = 1; step <= 4; step++) {
        write(step)
        norms.push(await parameters.norm())
        const clip = step % 2 === 0 ? { norm: 11.3, most: 0.7 } : undefined
        await parameters.update({ step, learningRate: 0.03 / step, clip })
      }
      const found = [...parameters.values, ...parameters.state]
      model.dispose()
      return { found, norms }
    }
    const first = await trainingBackend(runnable[0]!)
    const expected = await run(first, false)
    assert.not.equal(expected.found[0]![1], start.get('a.kernel'))
    let norms: number[] | undefined
    for (const build of runnable) {
      for (const threads of build === runnable.at(-1) ? [1, 2, 3] : [1]) {
        const { found, norms: own } = await run(await trainingBackend(build, threads), true)
        assert.equal(found, expected.found, `${build.name}, ${threads} threads`)
        norms ??= own
        assert.equal(own, norms, `${build.name}, ${threads} threads`)
        own.forEach((norm, i) => {
          assert.ok(Math.abs(norm / expected.norms[i]! - 1) < 2e-7)
        })
      }
    }
  })
}

test('a saved state is taken over, and what it lacks is 0', async () => {
  for (const optimizer of [half, adamw({ weightDecay: 0 })]) {
    const { parameters, write, model } = open(await trainingBackend(runnable[0]!), optimizer, true)
    const numbers = { step: 1, learningRate: 0.1 }
    await parameters.restore(start, new Map())
    write(1)
    await parameters.update(numbers)
    const [values, state] = [new Map(parameters.values), new Map(parameters.state)]
    const kinds = new Set([...state.values()].map((values) => values.constructor))
    assert.equal([...kinds], [optimizer === half ? Uint16Array : Float32Array])
    await parameters.update(numbers)
    const after = new Map(parameters.values)
    await parameters.restore(values, state)
    assert.equal(new Map(parameters.state), state)
    await parameters.update(numbers)
    assert.equal(new Map(parameters.values), after)
    await parameters.restore(start, new Map())
    for (const values of parameters.state.values()) assert.ok(values.every((x) => x === 0))
    model.dispose()
  }
})

test('the norm of gradients is not finite where one of their values is not', async () => {
  const { model, parameters, write } = open(await trainingBackend(runnable[0]!), half, true)
  for (const [i, { name, shape }] of weights.entries()) {
    for (const value of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      write(i)
      assert.ok(Number.isFinite(await parameters.norm()))
      const values = new Float32Array(shape[0] * shape[1])
      values[values.length - 1] = value
      model.write(gradientName(name), wholeRegion(shape), 0, values)
      assert.not.ok(Number.isFinite(await parameters.norm()), name)
    }
  }
})

test('weights that the model does not have, or of another shape, are refused', async () => {
  const model = (await trainingBackend(runnable[0]!)).createModel(weights)
  const rule: UpdateRule = { kind: 'sgd', momentum: 0, accumulator: 'float32' }
  for (const gradient of ['nothing', 'b.kernel']) {
    const updated = [{ weight: 'a.kernel', gradient, state: [], decay: 0 }]
    assert.throws(
      () => model.compileUpdates!(rule, updated),
      (error: Error) => error instanceof ArgumentError,
    )
  }
})

test.run()
