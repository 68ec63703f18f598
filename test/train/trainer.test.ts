import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Backend } from '../../src/backends/backend.ts'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { createWasmTrainingBackend } from '../../src/backends/wasm/training/backend.ts'
import { placeRegion } from '../../src/backends/weights.ts'
import { loadPieces } from '../../src/checkpoint/plan/load.ts'
import type { Piece } from '../../src/checkpoint/plan/piece.ts'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { programOf } from '../../src/families/architectures.ts'
import { planCheckpoint } from '../../src/families/plan.ts'
import type { Weight } from '../../src/program/values.ts'
import { sgd } from '../../src/train/recipe/optimizer.ts'
import { learningRate } from '../../src/train/recipe/schedule.ts'
import { Trainer } from '../../src/train/trainer.ts'
import { sharedBytes, sharedJSON, sharedPath, sharedTest } from '../shared.ts'

interface Run {
  config: {
    batch: number
    accumulator_dtype: 'float32' | 'bfloat16'
    grad_norm_clip: number | null
    accum_steps: number
    base_lr: number
    warmup_steps: number
    total_steps: number
    decay_type: 'cosine' | 'linear'
  }
  steps: { loss: number; grad_global_norm: number; lr: number }[]
  params: { step_8: { file: string } }
}

const folder = 'golden/training'

for (const name of ['f32_clip', 'bf16_clip', 'f32_noclip']) {
  sharedTest(`eight updates of the release: ${name}`, () => eightUpdates(name, referenceBackend))
}

for (const name of ['f32_clip', 'bf16_clip', 'f32_noclip', 'f32_clip_accum4', 'bf16_clip_accum4']) {
  sharedTest(`eight updates of the release on WebAssembly: ${name}`, async () => {
    await eightUpdates(name, await createWasmTrainingBackend({ threads: 1 }))
  })
}

async function eightUpdates(name: string, backend: Backend): Promise<void> {
  const { runs } = sharedJSON<{ runs: Record<string, Run> }>(`${folder}/golden.json`)
  const { config, steps, ...run } = runs[name]!
  const checkpoint = await parametersOf('checkpoint.npz')
  const trainer = new Trainer({
    backend,
    program: checkpoint.program,
    trains: () => true,
    standardized: [],
    optimizer: sgd({ momentum: 0.9, accumulator: config.accumulator_dtype }),
    learningRate: learningRate({
      totalSteps: config.total_steps,
      baseLr: config.base_lr,
      decayType: config.decay_type,
      warmupSteps: config.warmup_steps,
    }),
    clip: config.grad_norm_clip ?? Number.POSITIVE_INFINITY,
    together: 12,
    accumSteps: config.accum_steps,
  })
  await trainer.restore(checkpoint.values, 0)
  const images = sharedBytes(`${folder}/train_images.u8.bin`)
  const labels = sharedBytes(`${folder}/train_labels.u8.bin`)
  const size = 32 * 32 * 3
  for (const [i, expected] of steps.entries()) {
    const batch = Array.from({ length: config.batch }, (_, j) => {
      const at = i * config.batch + j
      const pixels = Float32Array.from(
        images.subarray(at * size, (at + 1) * size),
        (x) => (x - 127.5) / 127.5,
      )
      const targets = new Float32Array(10)
      targets[labels[at]!] = 1
      return { pixels, targets }
    })
    const step = await trainer.step(batch)
    assert.ok(Math.abs(step.loss - expected.loss) < 2e-5, `loss ${step.loss}, ${expected.loss}`)
    assert.ok(Math.abs(step.norm / expected.grad_global_norm - 1) < 2e-5, `norm ${step.norm}`)
    assert.ok(Math.abs(step.learningRate - expected.lr) <= 2e-7 * expected.lr)
  }
  const after = await parametersOf(run.params.step_8.file)
  let [error, all] = [0, 0]
  for (const [name, values] of trainer.parameters) {
    const expected = after.values.get(name)!
    values.forEach((value, i) => {
      error += (value - expected[i]!) ** 2
      all += expected[i]! ** 2
    })
  }
  const bound = config.accumulator_dtype === 'float32' ? 5e-7 : 5e-6
  assert.ok(Math.sqrt(error / all) < bound, `off by ${Math.sqrt(error / all)}`)
  trainer.dispose()
}

/** The weights that a file has, by the names of the program. */
async function parametersOf(path: string) {
  const file = await openCheckpoint(sharedPath(`${folder}/${path}`))
  const { config, pieces } = await planCheckpoint(file)
  const program = programOf(config)
  const values = new Map<string, Float32Array>()
  for (const weight of program.weights)
    values.set(weight.name, await read(file, weight, pieces.get(weight.name)!))
  await file.close()
  return { program, values }
}

async function read(
  file: Parameters<typeof loadPieces>[0],
  { shape }: Weight,
  pieces: readonly Piece[],
) {
  const values = new Float32Array(shape[0] * shape[1])
  await loadPieces(file, pieces, {
    write: (_, region, start, part) => placeRegion(shape[1], region, start, part, values),
  })
  return values
}

test.run()
