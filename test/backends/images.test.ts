import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Backend } from '../../src/backends/backend.ts'
import { onlyInput } from '../../src/backends/inputs.ts'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { createTfjsBackend } from '../../src/backends/tfjs/tfjs.ts'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import { vitProgram } from '../../src/families/vit/program.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import type { Program } from '../../src/program/program.ts'
import { gaussian, writeRandomWeights } from '../random.ts'
import { attention, linear, patches, pooling } from './programs.ts'
import { runnable } from './wasm/builds/runnable.ts'

// One run of several images gives what as many runs of one give. Few rows an image make blocks of
// several images, with a smaller last one; rows that are cut out of values make blocks of one.
const small = { width: 24, mlpWidth: 40, heads: 2, depth: 2, classes: 7 }
const config = variantConfig('Ti_16', { ...small, imageSize: [32, 48], patchSize: [8, 8] })
const program = withoutUnusedRows(withOutputs(vitProgram(config), ['logits', 'blocks.0.fc2']))
const programs: Record<string, Program> = {
  model: program,
  pooled: vitProgram(
    variantConfig('Ti_16', {
      ...{ ...small, imageSize: [24, 24], patchSize: [8, 8] },
      ...{ classifier: 'gap', classToken: false },
    }),
  ),
  distilled: vitProgram({ ...config, distilled: true }),
  linear: linear(7, 5, 17, 'gelu_erf'),
  'many rows': linear(150, 8, 20, 'none'),
  attention: attention(9, 3, 2, 5),
  pooling: pooling(5, 9),
  'patches of grey': patches(9, 7, [4, 3], 1),
}

const backends: Record<string, () => Promise<Backend> | Backend> = {
  reference: () => referenceBackend,
  'tfjs cpu': () => createTfjsBackend({ use: 'cpu' }),
  'wasm, 2 threads': () => createWasmBackend({ threads: 2 }),
}
for (const { name, relaxed } of runnable) {
  for (const dtype of ['f32', 'int16', 'int8'] as const) {
    if (dtype === 'int16' && relaxed) continue
    backends[`wasm ${name} ${dtype}`] = () =>
      createWasmBackend({ kernels: name, dtype, wide: false, threads: 1 })
  }
}

for (const [name, create] of Object.entries(backends)) {
  test(`${name}: several images in one run`, async () => {
    const backend = await create()
    for (const [what, program] of Object.entries(programs)) {
      const model = backend.createModel(program.weights)
      writeRandomWeights(model, program.weights)
      const input = onlyInput(program)
      const [rows, columns] = program.values[input.id]!.shape
      const size = rows * columns
      const values = gaussian(3, 27 * size)
      const one = model.compile(program)
      for (const images of [1, 2, 5, 27]) {
        const run = await model
          .compile(program, { images })
          .run({ [input.name]: values.subarray(0, images * size) })
        for (const image of new Set([0, images - 1])) {
          const pixels = values.subarray(image * size, (image + 1) * size)
          for (const [output, alone] of Object.entries(await one.run({ [input.name]: pixels }))) {
            assert.is(run[output]!.length, images * alone.length)
            const found = run[output]!.subarray(image * alone.length, (image + 1) * alone.length)
            const where = `${what} ${output}, image ${image} of ${images}`
            if (name.startsWith('tfjs')) close(found, alone, where)
            else assert.equal(found, alone, where)
          }
        }
      }
      model.dispose()
    }
    backend.dispose?.()
  })
}

test('inputs of another length, type or name are refused, and numbers of images that are none', async () => {
  const backend = await createWasmBackend({ threads: 1 })
  const model = backend.createModel(program.weights)
  writeRandomWeights(model, program.weights)
  const two = model.compile(program, { images: 2 })
  const pixels = new Float32Array(2 * 32 * 48 * 3)
  const refusal = (inputs: object) => two.run(inputs as never).catch((error) => error.message)
  assert.match(
    await refusal({}),
    /input pixels must be a Float32Array \[2, 1536, 3\], found undefined/,
  )
  assert.match(await refusal({ pixels: pixels.subarray(1) }), /found a Float32Array of 9215 values/)
  assert.match(await refusal({ pixels: new Int32Array(pixels.length) }), /found an? Int32Array/)
  assert.match(await refusal({ pixels, mask: pixels }), /no input "mask"; it has pixels/)
  for (const images of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => model.compile(program, { images }), /images must be a whole number from 1/)
  }
  model.dispose()
})

function close(found: Float32Array, expected: Float32Array, where: string): void {
  found.forEach((value, i) => {
    const error = Math.abs(value - expected[i]!) / Math.max(1, Math.abs(expected[i]!))
    if (error < 1e-5) return
    assert.unreachable(`${where}[${i}] is off by ${error}`)
  })
}

test.run()
