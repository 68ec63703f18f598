import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Matrix, matrix } from '../../../src/backends/reference/matrix.ts'
import { createWasmTrainingBackend } from '../../../src/backends/wasm/training/backend.ts'
import { wholeRegion } from '../../../src/backends/weights.ts'
import { ArgumentError } from '../../../src/errors.ts'
import { programOf } from '../../../src/families/architectures.ts'
import { withOutputs } from '../../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../../src/program/passes/rows.ts'
import type { Program } from '../../../src/program/program.ts'
import { gradientName, withGradients } from '../../../src/program/training/gradients.ts'
import { withLoRA } from '../../../src/program/training/lora.ts'
import { trainsAdapters } from '../../../src/train/freeze.ts'
import {
  checkApart,
  initialAdapters,
  keepBlocks,
  loraField,
  loraOf,
  merged,
} from '../../../src/train/lora.ts'
import { configs } from '../../backends/configs.ts'
import { smallHybrid, smallMixer } from '../../checkpoint/networks.ts'
import { gaussian } from '../../random.ts'
import { adapted, apart, gradientsOf, logitsOf, setScales } from './float64.ts'

const lora = { rank: 3, alpha: 6 }

const models = {
  'class token': configs['class token, erf']!,
  'global average pool': configs['global average pool']!,
  'no bias': configs['distilled, no qkv bias']!,
  hybrid: smallHybrid,
}

/** Random weights of a program with adapters; scales lie around 1. */
function randomWeights(program: Program, { adapters }: ReturnType<typeof withLoRA>) {
  const weights = new Map<string, Matrix>(
    program.weights.map(({ name, shape: [rows, columns], role }, i) => {
      const { data } = matrix(rows, columns)
      data.set(gaussian(7000 + i, data.length, role === 'kernel' ? 1 / Math.sqrt(rows) : 0.3))
      if (name.endsWith('.scale')) for (let j = 0; j < data.length; j++) data[j]! += 1
      return [name, { shape: [rows, columns], data }]
    }),
  )
  for (const adapter of adapters) keepBlocks(weights.get(adapter.b)!.data, adapter)
  setScales(weights, adapters)
  return weights
}

function madeOf(config: (typeof models)[keyof typeof models]) {
  const plain = programOf(config)
  const { program, adapters } = adapted(plain, lora)
  const weights = randomWeights(program, { program, adapters })
  const pixelCount = config.imageSize[0] * config.imageSize[1] * config.channels
  const samples = [1, 2].map((seed) => ({
    pixels: gaussian(seed, pixelCount),
    targets: Float32Array.from({ length: config.classes }, (_, i) => Number(i === seed)),
  }))
  return { plain, program, adapters, weights, samples }
}

for (const [name, config] of Object.entries(models)) {
  test(`merged adapters compute what they do beside their kernels: ${name}`, async () => {
    const { plain, program, adapters, weights, samples } = madeOf(config)
    const whole = withoutUnusedRows(withOutputs(plain, ['logits']))
    const together = new Map(weights)
    for (const adapter of adapters) {
      const [kernel, a, b] = [adapter.kernel, adapter.a, adapter.b].map((id) => weights.get(id)!)
      const data = merged(kernel!.data, a!.data, b!.data, adapter)
      assert.ok(apart(data, kernel!.data) > 0.1, 'adapters do something')
      together.set(adapter.kernel, { ...kernel!, data })
    }
    const expected = logitsOf(whole, together, samples)
    logitsOf(program, weights, samples).forEach((logits, i) => {
      assert.ok(apart(logits, expected[i]!) < 1e-12, `${apart(logits, expected[i]!)}`)
    })

    const backend = await createWasmTrainingBackend({ threads: 1 })
    for (const [compiled, values] of [
      [program, weights],
      [whole, together],
    ] as const) {
      const model = backend.createModel(compiled.weights)
      for (const { name, shape } of compiled.weights)
        model.write(name, wholeRegion(shape), 0, Float32Array.from(values.get(name)!.data))
      const executable = model.compile(compiled)
      for (const [i, { pixels }] of samples.entries()) {
        const { logits } = await executable.run({ pixels })
        assert.ok(apart(logits!, expected[i]!) < 1e-5, `${apart(logits!, expected[i]!)}`)
      }
      model.dispose()
    }
  })

  test(`gradients of adapters are those of central differences: ${name}`, () => {
    const { program, adapters, weights, samples } = madeOf(config)
    const { gradients } = gradientsOf(program, adapters, weights, samples)
    const lossOf = () => gradientsOf(program, adapters, weights, samples).loss
    const step = 1e-5
    const largest = [...gradients.values()].reduce(
      (most, data) => data.reduce((top, x) => Math.max(top, Math.abs(x)), most),
      0,
    )
    for (const adapter of [adapters[0]!, adapters.at(-1)!]) {
      for (const weight of [adapter.a, adapter.b]) {
        const { data } = weights.get(weight)!
        for (const at of [0, 1, data.length >> 1, data.length - 1]) {
          const value = data[at]!
          // What lies outside of the blocks of B is no parameter.
          const probe = new Float64Array(data.length).fill(1)
          if (weight === adapter.b) keepBlocks(probe, adapter)
          if (probe[at] === 0) {
            assert.is(gradients.get(weight)![at], 0)
            continue
          }
          data[at] = value + step
          const above = lossOf()
          data[at] = value - step
          const below = lossOf()
          data[at] = value
          const slope = (above - below) / (2 * step)
          const error = Math.abs(slope - gradients.get(weight)![at]!)
          assert.ok(error < 1e-7 * largest, `${weight} ${at}: ${slope}, off by ${error}`)
        }
      }
    }
  })
}

test('keys and values have an adapter each, and queries one', () => {
  const { adapters } = withLoRA(programOf(models['class token']), lora)
  assert.equal(
    adapters.map(({ kernel, parts }) => [kernel, parts]),
    [0, 1].flatMap((block) => [
      [`blocks.${block}.query.kernel`, 1],
      [`blocks.${block}.key_value.kernel`, 2],
    ]),
  )
  const adapter = adapters[1]!
  const b = new Float32Array(6 * 96).fill(1)
  keepBlocks(b, adapter)
  b.forEach((value, i) => {
    const [row, column] = [Math.floor(i / 96), i % 96]
    assert.is(value, Number(row < 3 === column < 48))
  })
})

test('A is uniform within PEFT’s bound and follows from the seed; B is 0', () => {
  const { adapters } = withLoRA(programOf(models['class token']), lora)
  const one = initialAdapters(adapters, 5)
  assert.equal(initialAdapters(adapters, 5), one)
  assert.not.equal(initialAdapters(adapters, 6), one)
  const all: number[] = []
  for (const { a, b, scale, parts } of adapters) {
    all.push(...one.get(a)!)
    assert.ok(one.get(b)!.every((value) => value === 0))
    const diagonal = one.get(scale)!
    const side = 3 * parts
    diagonal.forEach((value, i) => {
      assert.is(value, i % (side + 1) === 0 ? 2 : 0)
    })
  }
  assert.is(all.length, 2 * 3 * 48 * 3)
  const bound = 1 / Math.sqrt(48)
  assert.ok(all.every((value) => Math.abs(value) <= bound))
  const mean = all.reduce((sum, x) => sum + x, 0) / all.length
  const square = all.reduce((sum, x) => sum + x * x, 0) / all.length
  assert.ok(Math.abs(mean) < 0.1 * bound, `${mean}`)
  assert.ok(Math.abs(square / (bound * bound) - 1 / 3) < 0.04, `${square}`)
  assert.not.equal(one.get(adapters[0]!.a), one.get(adapters[2]!.a))
})

test('frozen kernels have no gradient, and keep no input for one', () => {
  const { program, adapters } = adapted(programOf(models['class token']), lora)
  const trains = trainsAdapters(adapters)
  const training = withGradients(program, { trains, share: 1, adds: false })
  const trained = program.weights.filter(({ name }) => trains(name)).map(({ name }) => name)
  assert.equal(
    training.updates.map(({ weight }) => training.weights[weight]!.name).sort(),
    trained.map(gradientName).sort(),
  )
  assert.equal(
    training.weights
      .slice(program.weights.length)
      .map(({ name }) => name)
      .sort(),
    trained.map(gradientName).sort(),
  )
  assert.is(trained.length, 2 * 4 + 2)
  const backward = training.ops.filter((op) => op.op === 'linear_backward')
  for (const { kernel, input } of backward) {
    assert.is(input !== undefined, trains(training.weights[kernel]!.name))
  }
  assert.ok(backward.some(({ input }) => input === undefined))
})

test('what can’t be adapted is refused', () => {
  assert.throws(
    () => withLoRA(programOf(smallMixer), lora),
    (error: Error) => error instanceof ArgumentError && /no attention/.test(error.message),
  )
  assert.throws(
    () => withLoRA(programOf(models['class token']), { rank: 49, alpha: 1 }),
    (error: Error) => error instanceof ArgumentError && /49.*blocks\.0\.query/.test(error.message),
  )
  for (const freeze of ['none', 'backbone', 2]) {
    assert.throws(
      () => checkApart(4, freeze),
      (error: Error) => error instanceof ArgumentError && /leave out freeze/.test(error.message),
    )
  }
  checkApart(undefined, 'backbone')
  checkApart(4, undefined)
})

test('a rank, or rank and alpha', () => {
  assert.equal(loraOf(8), { rank: 8, alpha: 8 })
  assert.equal(loraOf({ rank: 8 }), { rank: 8, alpha: 8 })
  assert.equal(loraOf({ rank: 8, alpha: 16 }), { rank: 8, alpha: 16 })
  for (const right of [1, { rank: 2 }, { rank: 2, alpha: 0.5 }]) assert.ok(loraField.valid(right))
  for (const wrong of [0, 1.5, '8', {}, { rank: 0 }, { alpha: 8 }, { rank: 1, alpha: 0 }, { r: 1 }])
    assert.not.ok(loraField.valid(wrong), JSON.stringify(wrong))
})

test.run()
