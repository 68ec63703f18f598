import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Backend } from '../../src/backends/backend.ts'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { createWasmTrainingBackend } from '../../src/backends/wasm/training/backend.ts'
import { wholeRegion } from '../../src/backends/weights.ts'
import { ArgumentError } from '../../src/errors.ts'
import { type AnyConfig, programOf } from '../../src/families/architectures.ts'
import { layersOf } from '../../src/families/hybrid/layers.ts'
import type { Program } from '../../src/program/program.ts'
import { type Adapter, withLoRA } from '../../src/program/training/lora.ts'
import type { StandardizedKernel } from '../../src/program/training/standardized-kernels.ts'
import { type Freeze, trains, trainsAdapters } from '../../src/train/freeze.ts'
import { keepBlocks } from '../../src/train/lora.ts'
import { sgd } from '../../src/train/recipe/optimizer.ts'
import { isDecayed } from '../../src/train/recipe/optimizers/adamw.ts'
import { Trainer, trainedName } from '../../src/train/trainer.ts'
import { configs } from '../backends/configs.ts'
import { smallHybrid, smallMixer } from '../checkpoint/networks.ts'
import { smallVision, variations } from '../families/vision/variations.ts'
import { gaussian } from '../random.ts'

const families: Record<string, AnyConfig> = {
  'class token': configs['class token, erf']!,
  'pre_logits, tanh': configs['tanh, pre_logits']!,
  'global average pool': configs['global average pool']!,
  'norm after the pool': configs['norm after the pool']!,
  'class token and pool': configs['class token and pool']!,
  'distilled, no qkv bias': configs['distilled, no qkv bias']!,
  hybrid: smallHybrid,
  'hybrid of units 1 and 1': { ...smallHybrid, units: [1, 1], patchSize: [1, 1] },
  'hybrid of a stem': { ...smallHybrid, units: [], kernelEpsOn: 'variance' },
  mixer: smallMixer,
  'mixer of patches within the image': { ...smallMixer, imageSize: [13, 9], padding: 'valid' },
  ...Object.fromEntries(
    Object.entries(variations)
      .map(([name, variation]) => [name, { ...smallVision, ...variation }] as const)
      .filter(([, { classes }]) => classes > 0),
  ),
}

const modes = ['none', 'backbone', 1, 'lora'] as const

const backends: Record<string, () => Backend | Promise<Backend>> = {
  reference: () => referenceBackend,
  wasm: () => createWasmTrainingBackend({ threads: 1 }),
}

/**
 * The columns of a weight whose gradient is 0, but for rounding. Softmax does not change when all scores of a query do,
 * so that the bias of keys has none; neither has what Mixer adds to all channels of a token, since every norm takes it
 * away.
 */
function columnsWithoutGradient(name: string, columns: number, config: AnyConfig): number {
  // Rotated, it is another one for every key.
  if ('rope' in config && config.rope !== 'none') return 0
  if (/^blocks\.\d+\.key_value\.bias$/.test(name)) return columns / 2
  return /\.token_mixing\.fc2\.bias$/.test(name) ? columns : 0
}

interface Model {
  readonly program: Program
  readonly adapters: readonly Adapter[]
  isTrained(weight: string): boolean
}

function modelOf(config: AnyConfig, mode: (typeof modes)[number]): Model {
  const plain = programOf(config)
  if (mode !== 'lora') {
    return { program: plain, adapters: [], isTrained: trains(mode as Freeze, config) }
  }
  const { program, adapters } = withLoRA(plain, { rank: 2, alpha: 4 })
  return { program, adapters, isTrained: trainsAdapters(adapters) }
}

const standardizedOf = (config: AnyConfig, { weights }: Program): StandardizedKernel[] => {
  if (config.family !== 'hybrid') return []
  const names = new Set(layersOf(config).map(({ name }) => `${name}.kernel`))
  const { kernelEps: eps, kernelEpsOn: epsOn } = config
  return weights.flatMap((weight) => (names.has(weight.name) ? [{ weight, eps, epsOn }] : []))
}

const samplesOf = ({ imageSize, channels, classes }: AnyConfig) =>
  [1, 2, 3].map((seed) => ({
    pixels: gaussian(seed, imageSize[0] * imageSize[1] * channels),
    targets: Float32Array.from({ length: classes }, (_, i) => Number(i === seed)),
  }))

/** A trainer of a model with random weights, none of them 0, so that every gradient is there at once. */
async function trainerOf(
  config: AnyConfig,
  { program, adapters, isTrained }: Model,
  backend: Backend,
) {
  const standardized = standardizedOf(config, program)
  const trainer = new Trainer({
    ...{ backend, program, adapters, standardized, trains: isTrained },
    optimizer: sgd({ momentum: 0.9, accumulator: 'float32' }),
    learningRate: () => 0.1,
    clip: Number.POSITIVE_INFINITY,
    together: 2,
  })
  const raw = new Set(standardized.map(({ weight }) => weight.name))
  const parameters = new Map<string, Float32Array>()
  program.weights.forEach(({ name, shape, role }, i) => {
    const deviation = role === 'kernel' ? 1 / Math.sqrt(shape[0]) : 0.3
    const values = gaussian(100 + i, shape[0] * shape[1], deviation)
    if (name.endsWith('.scale')) for (let j = 0; j < values.length; j++) values[j]! += 1
    const adapter = adapters.find(({ b }) => b === name)
    if (adapter) keepBlocks(values, adapter)
    if (isTrained(name)) parameters.set(trainedName(name, raw.has(name)), values)
    else trainer.model.write(name, wholeRegion(shape), 0, values)
  })
  await trainer.restore(parameters, 0)
  return trainer
}

async function weightsOf(
  trainer: Trainer,
  { weights }: Program,
): Promise<Map<string, Float32Array>> {
  const all = new Map<string, Float32Array>()
  for (const { name } of weights) all.set(name, await trainer.model.read!(name))
  for (const [name, values] of trainer.parameters) all.set(name, values.slice())
  return all
}

const largest = (values: Iterable<number>) => {
  let most = 0
  for (const value of values) most = Math.max(most, Math.abs(value))
  return most
}

for (const [backendName, open] of Object.entries(backends)) {
  for (const [family, config] of Object.entries(families)) {
    test(`an update changes what is trained and nothing else: ${family}, ${backendName}`, async () => {
      for (const mode of modes) {
        if (mode === 'lora' && config.family === 'mixer') {
          assert.throws(
            () => modelOf(config, mode),
            (error: unknown) => error instanceof ArgumentError && /attention/.test(error.message),
          )
          continue
        }
        const model = modelOf(config, mode)
        const trainer = await trainerOf(config, model, await open())
        const before = await weightsOf(trainer, model.program)
        await trainer.step(samplesOf(config))
        const after = await weightsOf(trainer, model.program)
        trainer.dispose()
        const changes = new Map(
          [...after].map(([name, values]) => [
            name,
            values.map((value, i) => value - before.get(name)![i]!),
          ]),
        )
        const most = largest([...changes.values()].map(largest))
        assert.ok(most > 1e-3, `${mode}: ${most}`)
        const raw = new Set(trainer.parameters.keys())
        for (const [name, change] of changes) {
          const weight = name.replace(/\.raw$/, '')
          const what = `${mode}: ${name}`
          if (!model.isTrained(weight) && !raw.has(name)) {
            assert.is(largest(change), 0, what)
            continue
          }
          const { shape, role } = model.program.weights.find(({ name }) => name === weight)!
          // Rotations and offsets are computed, and never trained.
          if (role === 'table') {
            assert.is(largest(change), 0, what)
            continue
          }
          const without = columnsWithoutGradient(weight, shape[1], config)
          // Beside rounding: a millionth of the largest change.
          const real = change.subarray(without)
          if (real.length > 0) assert.ok(largest(real) > 1e-5 * most, what)
          assert.ok(largest(change.subarray(0, without)) <= 1e-6 * most, what)
        }
      }
    })
  }
}

for (const [family, config] of Object.entries(families)) {
  test(`what is trained, by name: ${family}`, () => {
    const names = (mode: (typeof modes)[number]) => {
      const { program, isTrained } = modelOf(config, mode)
      return program.weights.map(({ name }) => name).filter(isTrained)
    }
    const all = programOf(config).weights.map(({ name }) => name)
    assert.equal(names('none'), all)
    const head = all.filter((name) => /^head(_dist|_mean)?\.(kernel|bias)$/.test(name))
    assert.ok(head.length >= 2)
    assert.equal(names('backbone'), head)
    const end = all.filter((name) => /^(blocks\.[1-9]|norm\.|pre_logits\.)/.test(name))
    // A block without biases has 7 weights.
    assert.ok(end.length > 7)
    assert.equal(
      names(1),
      all.filter((name) => end.includes(name) || head.includes(name)),
    )
    for (const blocks of [0, config.depth + 1, 1.5]) {
      assert.throws(
        () => trains(blocks, config),
        (error: unknown) =>
          error instanceof ArgumentError && error.message.includes(`has ${config.depth}`),
      )
    }
    if (config.family !== 'mixer') {
      assert.ok(names('lora').every((name) => /\.lora_[ab]\.kernel$|^head/.test(name)))
    }
  })

  test(`weight decay applies to kernels: ${family}`, () => {
    const mode = config.family === 'mixer' ? 'none' : 'lora'
    const { weights } = modelOf(config, mode).program
    for (const { name, role } of weights) assert.is(isDecayed(name), role === 'kernel', name)
  })
}

test.run()
