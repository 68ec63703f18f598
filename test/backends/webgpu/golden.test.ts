import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Backend } from '../../../src/backends/backend.ts'
import { createWasmBackend } from '../../../src/backends/wasm/wasm.ts'
import { findGpu } from '../../../src/backends/webgpu/gpu.ts'
import { createWebgpuBackend } from '../../../src/backends/webgpu/webgpu.ts'
import { vitBlockProgram } from '../../../src/models/families/vit.ts'
import { variantConfig } from '../../../src/models/variants.ts'
import { ProgramBuilder } from '../../../src/program/builder.ts'
import type { Program } from '../../../src/program/program.ts'
import { compareWithGolden } from '../../goldens/photograph.ts'
import { gaussian, writeRandomWeights } from '../../random.ts'
import { hasShared } from '../../shared.ts'
import { worst } from '../values.ts'
import { gpuTest, lavapipe } from './adapters.ts'

// Real weights and real photographs against float64; the widest blocks against the CPU's kernels.
const bounds = { f32: 1e-3, f16: 2e-2 } as const
const blockBounds = { f32: 1e-4, f16: 2e-2 } as const

const real = (options: typeof lavapipe) => (hasShared ? options : undefined)

for (const dtype of ['f32', 'f16'] as const) {
  for (const gelu of ['tanh', 'erf'] as const) {
    const options = real(lavapipe && { ...lavapipe, dtype })
    gpuTest(options, `Ti/16 on lavapipe, ${dtype}, ${gelu}`, (backend) =>
      compareWithGolden(backend, gelu, bounds[dtype], 2),
    )
  }
}

for (const [name, dtypes] of [
  ['L_16', ['f32']],
  ['H_14', ['f32', 'f16']],
] as const) {
  const add = lavapipe ? test : test.skip
  add(`two blocks of ${name} at their full width, ${dtypes}`, async () => {
    const program = vitBlockProgram(variantConfig(name))
    const [rows, columns] = program.values[program.input]!.shape
    const tokens = gaussian(3, rows * columns)
    const expected = await twoBlocks(await createWasmBackend(), program, tokens)
    for (const dtype of dtypes) {
      const backend = await createWebgpuBackend({ ...lavapipe, dtype })
      const error = worst(await twoBlocks(backend, program, tokens), expected)
      backend.dispose!()
      assert.ok(error < blockBounds[dtype], `${dtype}: off by ${error}`)
    }
  })
}

/** The second block has the first one's weights. */
async function twoBlocks(
  backend: Backend,
  program: Program,
  tokens: Float32Array,
): Promise<Float32Array> {
  const model = backend.createModel(program.weights)
  writeRandomWeights(model, program.weights)
  const executable = model.compile(program)
  const { tokens: middle } = await executable.run(tokens)
  const { tokens: last } = await executable.run(middle!)
  model.dispose()
  return last!
}

gpuTest(lavapipe, 'images whose values fit no buffer together are split', async () => {
  // WebGPU's own limits: a binding has 128 MiB, of which an image here takes 16.
  const adapter = await (await findGpu(lavapipe!.dawn)).requestAdapter()
  const device = await adapter!.requestDevice()
  const net = new ProgramBuilder([4096, 3])
  const wide = net.patchEmbed('patch', [1, 1], 1024)
  const program = net.build({ mean: net.meanRows('mean', wide, 0) })
  const images = Array.from({ length: 11 }, (_, i) => gaussian(i, 4096 * 3))
  const results = []
  const labels: string[] = []
  for (const backend of [await createWebgpuBackend({ device }), await createWasmBackend()]) {
    const model = backend.createModel(program.weights)
    writeRandomWeights(model, program.weights)
    const executable = model.compile(program)
    const onStep = (label: string) => void labels.push(label)
    const runs = images.map((image) => executable.run(image, { onStep }))
    results.push((await Promise.all(runs)).map(({ mean }) => mean!))
    model.dispose()
  }
  device.destroy()
  const passes = labels.filter((label) => label.startsWith('forward'))
  assert.equal(passes, [...Array(8).fill('forward of 8'), ...Array(3).fill('forward of 3')])
  for (const [i, mean] of results[0]!.entries()) assert.ok(worst(mean, results[1]![i]!) < 1e-5)
})

gpuTest(lavapipe, 'what no buffer can hold is refused, with its size', async (backend) => {
  const net = new ProgramBuilder([1 << 20, 3])
  const program = net.build({ out: net.rows('out', net.patchEmbed('patch', [1, 1], 128), 0, 1) })
  const model = backend.createModel(program.weights)
  const failed = await model
    .compile(program)
    .run(new Float32Array(3 << 20))
    .catch(({ code, message }) => `${code} ${message}`)
  assert.match(String(failed), /^LIMIT One image needs a buffer of \d+ bytes/)
})

test.run()
