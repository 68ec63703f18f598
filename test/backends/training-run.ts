import * as assert from 'uvu/assert'
import type { Backend, Model } from '../../src/backends/backend.ts'
import { createWasmTrainingBackend } from '../../src/backends/wasm/training/backend.ts'
import { vitProgram } from '../../src/families/vit/program.ts'
import { sgd } from '../../src/train/recipe/optimizer.ts'
import { type Sample, Trainer } from '../../src/train/trainer.ts'
import { gaussian, writeRandomWeights } from '../random.ts'
import { configs } from './configs.ts'

// Short runs of a small ViT, whose weights and pictures the test makes itself.

const config = configs['class token, erf']!
const program = vitProgram(config)

/** What is trained, by the names of weights. */
export const trainedParts = {
  head: (weight: string) => /^head\./.test(weight),
  'last block': (weight: string) => /^(head|norm|blocks\.1)\./.test(weight),
  all: () => true,
} as const

export type TrainedPart = keyof typeof trainedParts

/** A trainer of that model; three pictures of a batch are computed as two and one. */
export async function startTrainer(backend: Backend, part: TrainedPart): Promise<Trainer> {
  const trains = trainedParts[part]
  const trainer = new Trainer({
    ...{ backend, program, trains, standardized: [] },
    optimizer: sgd({ momentum: 0.9, accumulator: 'float32' }),
    ...{ learningRate: () => 0.05, clip: 1, together: 2 },
  })
  const parameters = new Map<string, Float32Array>()
  const sink: Pick<Model, 'write'> = {
    write(name, region, start, values) {
      if (trains(name)) parameters.set(name, values.slice())
      else trainer.model.write(name, region, start, values)
    },
  }
  writeRandomWeights(sink as Model, program.weights)
  await trainer.restore(parameters, 0)
  return trainer
}

const pixels = (seed: number) => gaussian(seed, 32 * 32 * 3)

/** The batch of an update. */
export const batchOf = (step: number): Sample[] =>
  [0, 1, 2].map((i) => ({
    pixels: pixels(10 * step + i),
    targets: Float32Array.from({ length: config.classes }, (_, c) => Number(c === i)),
  }))

export const STEPS = 3

interface Run {
  readonly losses: readonly number[]
  readonly parameters: ReadonlyMap<string, Float32Array>
  readonly logits: Float32Array
}

/** @param afterStep called after each update */
export async function runTrainer(trainer: Trainer, afterStep = () => {}): Promise<Run> {
  const losses: number[] = []
  for (let step = 1; step <= STEPS; step++) {
    losses.push((await trainer.step(batchOf(step))).loss)
    afterStep()
  }
  return {
    losses,
    parameters: new Map(trainer.parameters),
    logits: await trainer.logits([pixels(1), pixels(2)]),
  }
}

/**
 * Compares a run with that of WebAssembly: losses and logits, and how far parameters are off as a share of how far they
 * have come.
 */
export async function compareWithWasm(found: Run, part: TrainedPart, bound: number): Promise<void> {
  const trainer = await startTrainer(await createWasmTrainingBackend({ threads: 1 }), part)
  const start = new Map(trainer.parameters)
  const expected = await runTrainer(trainer)
  trainer.dispose()
  let [error, way] = [0, 0]
  assert.equal([...found.parameters.keys()], [...expected.parameters.keys()])
  for (const [name, values] of expected.parameters) {
    const own = found.parameters.get(name)!
    values.forEach((value, i) => {
      error += (own[i]! - value) ** 2
      way += (value - start.get(name)![i]!) ** 2
    })
  }
  const relative = Math.sqrt(error / way)
  assert.ok(relative <= bound, `${part}: parameters off by ${relative}`)
  const close = (one: ArrayLike<number>, other: ArrayLike<number>, what: string) => {
    for (let i = 0; i < other.length; i++) {
      const difference = Math.abs(one[i]! - other[i]!)
      assert.ok(
        difference <= Math.max(1e-4, bound / 10),
        `${part}: ${what} ${i} is ${one[i]}, not ${other[i]}`,
      )
    }
  }
  close(found.losses, expected.losses, 'loss')
  close(found.logits, expected.logits, 'logit')
}

/** Resolves when a step that was just asked for is being computed, long before it is done. */
export async function underWay(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}
