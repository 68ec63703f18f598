import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Backend } from '../../src/backends/backend.ts'
import { createWasmTrainingBackend } from '../../src/backends/wasm/training/backend.ts'
import type { AnyConfig } from '../../src/families/architectures.ts'
import { programOf } from '../../src/families/architectures.ts'
import { variantConfigOf } from '../../src/families/published.ts'
import { MemoryError } from '../../src/index.ts'
import { type Freeze, trains } from '../../src/train/freeze.ts'
import { fittingImages, type MemoryOptions, needOf } from '../../src/train/memory.ts'
import { adamw, sgd } from '../../src/train/recipe/optimizer.ts'
import { Trainer } from '../../src/train/trainer.ts'
import { gaussian } from '../random.ts'

const MiB = 2 ** 20
const GiB = 2 ** 30

const backend = await createWasmTrainingBackend({ threads: 2 })

const variant = (name: string, more: object = {}) =>
  variantConfigOf(name, { classes: 10, ...more } as never) as AnyConfig

const question = (config: AnyConfig, freeze: Freeze, more: Partial<MemoryOptions> = {}) =>
  ({
    ...{ backend, freeze, program: programOf(config), standardized: [], images: 4 },
    trainsWith: (freeze) => trains(freeze, config),
    depth: (config as { depth?: number }).depth ?? 0,
    copies: { best: 0, average: 0 },
    optimizer: sgd({ momentum: 0.9, accumulator: 'bfloat16' }),
    machineBytes: undefined,
    ...more,
  }) satisfies MemoryOptions

/** Bytes of the largest WebAssembly memory that a call allocates. */
async function allocated(use: () => Promise<void>): Promise<number> {
  const { Memory } = WebAssembly
  const made: WebAssembly.Memory[] = []
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor)
      made.push(this)
    }
  } as typeof Memory
  try {
    await use()
    return Math.max(...made.map(({ buffer }) => buffer.byteLength))
  } finally {
    WebAssembly.Memory = Memory
  }
}

const cases: [name: string, config: AnyConfig, freeze: Freeze, images: number][] = [
  ['all of Ti/16', variant('Ti_16', { imageSize: [96, 96] }), 'none', 3],
  ['all of Ti/16 at 224 px', variant('Ti_16'), 'none', 1],
  ['the last two blocks of Ti/16', variant('Ti_16', { imageSize: [96, 96] }), 10, 3],
  ['the head of S/16', variant('S_16', { imageSize: [64, 64] }), 'backbone', 2],
  ['all of a Mixer', variant('Mixer-B_16', { imageSize: [64, 64], depth: 2 }), 'none', 2],
  [
    'all of a hybrid',
    variant('R50+ViT-B_16', { imageSize: [64, 64], units: [1, 1], width: 64, depth: 2, heads: 2 }),
    'none',
    2,
  ],
]

for (const [name, config, freeze, images] of cases) {
  test(`what is computed is what is allocated, to a page: ${name}`, async () => {
    const options = question(config, freeze)
    const need = needOf(options, freeze, images)
    const bytes = await allocated(async () => {
      const { program } = options
      const trainer = new Trainer({
        ...{ backend, program, standardized: [], together: images, clip: 1 },
        trains: trains(freeze, config),
        optimizer: sgd({ momentum: 0.9, accumulator: 'bfloat16' }),
        learningRate: () => 0.01,
      })
      await trainer.restore(randomParameters(trainer), 0)
      const [height, width] = config.imageSize
      const sample = {
        pixels: gaussian(1, height * width * 3, 1),
        targets: Float32Array.from({ length: 10 }, (_, i) => Number(i === 3)),
      }
      await trainer.step(new Array(images).fill(sample))
      trainer.dispose()
    })
    const computed = need.weights + need.gradients + need.state + need.values
    assert.ok(Math.abs(bytes - computed) <= 65536, `${bytes} allocated, ${computed} computed`)
  })
}

const randomParameters = ({ parameters }: Trainer) =>
  new Map(
    [...parameters].map(
      ([name, { length }], seed) => [name, gaussian(seed, length, 0.02)] as const,
    ),
  )

/** Whether a variant is trained in the 4 GiB of WebAssembly, and how many images together. */
const fit = (name: string, freeze: Freeze, images: number, more: Partial<MemoryOptions> = {}) =>
  fittingImages(question(variant(name), freeze, { images, ...more }))

test('Ti, S, B and L are trained whole at 224 px, L a picture at a time; of H the last blocks', () => {
  for (const name of ['Ti_16', 'S_16', 'B_16']) assert.is(fit(name, 'none', 5), 5)
  assert.ok(fit('L_16', 'none', 5) >= 1)
  assert.is(fit('H_14', 'backbone', 4), 4)
  assert.ok(fit('H_14', 28, 4) >= 1)
})

test('fewer images are computed together before training is refused', () => {
  const need = needOf(question(variant('L_16'), 'none'), 'none', 1)
  const limited = withLimit(need.weights + need.gradients + need.state + need.values + MiB)
  assert.is(fit('L_16', 'none', 5, { backend: limited }), 1)
})

const withLimit = (limit: number): Backend => ({
  ...backend,
  trainingMemory: (...of) => ({ ...backend.trainingMemory!(...of), limit }),
})

function refused(name: string, freeze: Freeze, more: Partial<MemoryOptions> = {}): string {
  try {
    fit(name, freeze, 4, more)
  } catch (error) {
    assert.instance(error, MemoryError)
    return (error as Error).message
  }
  throw new Error('nothing was refused')
}

test('what does not fit is refused with its arithmetic, and what fits is true', () => {
  const message = refused('H_14', 'none')
  const [total, limit, weights, gradients, state, values] = [
    ...message.matchAll(/([\d.]+) GiB/g),
  ].map(([, number]) => Number(number))
  assert.is(limit, 4)
  assert.ok(Math.abs(weights! + gradients! + state! + values! - total!) < 0.02, message)
  // 632 M parameters of 4 bytes.
  assert.ok(Math.abs(weights! - (632e6 * 4) / GiB) < 0.03, message)
  const blocks = Number(/freeze (\d+) \(of 32 blocks/.exec(message)![1])
  assert.is(fit('H_14', blocks, 1), 1)
  assert.throws(() => fit('H_14', blocks - 1, 1), /takes/)
  assert.match(message, /freeze backbone .*; lora, .*; a smaller imageSize/)
})

test('a machine with too little memory is told what JavaScript keeps beside', () => {
  const copies = { best: 4, average: 0 }
  const message = refused('L_16', 'none', { machineBytes: 4 * GiB, copies })
  assert.match(message, /this machine has 4\.00 GiB/)
  assert.match(message, /GiB of state of the optimizer \+ .* \+ .*best weights so far/)
  assert.match(message, /; select last\./)
  const moments = { machineBytes: 5 * GiB, optimizer: adamw({ weightDecay: 0 }) }
  assert.match(refused('L_16', 'none', moments), /; optimizer sgd/)
})

test.run()
