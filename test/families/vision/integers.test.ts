import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createWasmBackend } from '../../../src/backends/wasm/wasm.ts'
import { loadWeights } from '../../../src/checkpoint/plan/load.ts'
import { ownMetadata } from '../../../src/checkpoint/plan/metadata.ts'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { collectBytes } from '../../../src/checkpoint/write/safetensors.ts'
import { encodeCheckpoint } from '../../../src/families/encode.ts'
import { planOwn } from '../../../src/families/own-plan.ts'
import type { VisionConfig } from '../../../src/families/vision/config.ts'
import { visionProgram } from '../../../src/families/vision/program.ts'
import { withOutputs } from '../../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../../src/program/passes/rows.ts'
import { runnable } from '../../backends/wasm/builds/runnable.ts'
import { asSafetensors, randomTensors } from '../../checkpoint/models.ts'
import { gaussian } from '../../random.ts'
import { smallVision, variations } from './variations.ts'

// Every variation in int16 and int8, from a file in f32 and from one in int8, against f32.
// 0.13 % and 2 % are the most that was seen.
const bounds = { int16: 0.003, int8: 0.04 } as const

/** Wide enough for a quantisation to be one of a real model: rows of 64 and more. */
const wide = { width: 64, heads: 2, mlpWidth: 96, mapMlpWidth: 96, mapHeads: 4 }

async function run(bytes: Uint8Array, dtype: 'f32' | 'int16' | 'int8', kernels: string) {
  const backend = await createWasmBackend({ dtype, kernels: kernels as never, wide: false })
  const file = await openCheckpoint(bytes)
  const plan = (await planOwn(file, {}, {}))!
  const program = visionProgram(plan.config as VisionConfig)
  const model = backend.createModel(program.weights)
  await loadWeights(file, plan, model)
  await file.close()
  const executable = model.compile(withoutUnusedRows(withOutputs(program, ['features'])))
  const [height, width] = plan.config.imageSize
  const { features } = await executable.run({ pixels: gaussian(7, height * width * 3) })
  model.dispose()
  return features!
}

const rms = (values: Float32Array) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)

const off = (found: Float32Array, expected: Float32Array) =>
  rms(found.map((value, i) => value - expected[i]!)) / rms(expected)

const builds = [runnable[0]!.name, runnable.at(-1)!.name]

for (const [name, variation] of Object.entries(variations)) {
  test(`${name}: int16 and int8 are near f32`, async () => {
    const config: VisionConfig = { ...smallVision, ...variation, ...wide }
    const tensors = await randomTensors(config, 'own')
    const bytes = await asSafetensors(tensors, ownMetadata({ config, recipe: 'timm' }))
    const file = await openCheckpoint(bytes)
    const plan = (await planOwn(file, {}, {}))!
    const small = await collectBytes(encodeCheckpoint(file, plan, { dtype: 'int8' }))
    for (const kernels of new Set(builds)) {
      const expected = await run(bytes, 'f32', kernels)
      const errors: Record<string, number> = {
        int8: off(await run(bytes, 'int8', kernels), expected),
        // The file rounds what is multiplied by LayerScale, and what is loaded is rounded again.
        'int8 file': off(await run(small, 'int8', kernels), expected),
        'int8 file in f32': off(await run(small, 'f32', kernels), expected),
      }
      if (/^simd/.test(kernels)) errors.int16 = off(await run(bytes, 'int16', kernels), expected)
      for (const [mode, error] of Object.entries(errors)) {
        const bound = mode === 'int16' ? bounds.int16 : bounds.int8
        const percent = `${(100 * error).toFixed(2)} %`
        assert.ok(error > 0 && error <= bound, `${mode} on ${kernels}: off by ${percent}`)
      }
      const text = Object.entries(errors).map(
        ([mode, error]) => `${mode} ${(100 * error).toFixed(2)}`,
      )
      console.log(`${name} on ${kernels}, % off: ${text.join(', ')}`)
    }
  })
}

test.run()
