import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { onlyInput } from '../../../src/backends/inputs.ts'
import { createWasmBackend } from '../../../src/backends/wasm/wasm.ts'
import { findGpu } from '../../../src/backends/webgpu/gpu.ts'
import { createWebgpuBackend } from '../../../src/backends/webgpu/webgpu.ts'
import { vitBlockProgram } from '../../../src/families/vit/program.ts'
import { variantConfig } from '../../../src/families/vit/variants.ts'
import { ProgramBuilder } from '../../../src/program/builder.ts'
import { patchEmbed } from '../../../src/program/layers/conv2d.ts'
import { meanRows } from '../../../src/program/layers/mean-rows.ts'
import { rows } from '../../../src/program/layers/rows.ts'
import { compareNetworks } from '../../goldens/networks.ts'
import { gpuBounds as bounds, compareWithGolden } from '../../goldens/photograph.ts'
import { gaussian, writeRandomWeights } from '../../random.ts'
import { hasShared } from '../../shared.ts'
import { worst } from '../values.ts'
import { gpuTest, lavapipe, swiftshader } from './adapters.ts'

// Real weights and real photographs against float64; the widest blocks against the CPU's kernels.

const real = (options: typeof lavapipe) => (hasShared ? options : undefined)

for (const dtype of ['f32', 'f16'] as const) {
  // Software takes ten seconds for each.
  const some = dtype === 'f32' ? (['erf'] as const) : (['tanh'] as const)
  for (const gelu of process.env.VITRINE_TEST_ALL ? (['tanh', 'erf'] as const) : some) {
    const options = real(lavapipe && { ...lavapipe, dtype })
    gpuTest(options, `Ti/16 on lavapipe, ${dtype}, ${gelu}`, (backend) =>
      compareWithGolden(backend, gelu, bounds[dtype], 2),
    )
  }
}

gpuTest(lavapipe, 'hybrids and Mixers on lavapipe', compareNetworks)

// Software takes seconds for a block: smaller images, and whole ones only where all is tested.
const blocks = [
  [lavapipe, 'L_16', 'f32', 96, 1e-4],
  [lavapipe, 'H_14', 'f32', 98, 1e-4],
  [lavapipe, 'H_14', 'f16', 98, 2e-2],
] as const
const slowBlocks = [
  [lavapipe, 'L_16', 'f32', 224, 1e-4],
  [lavapipe, 'H_14', 'f16', 224, 2e-2],
  [lavapipe, 'H_14', 'f32', 224, 1e-4],
  [swiftshader, 'L_16', 'f32', 224, 1e-4],
  [swiftshader, 'H_14', 'f32', 224, 1e-4],
] as const

for (const [options, name, dtype, size, bound] of process.env.VITRINE_TEST_ALL
  ? [...blocks, ...slowBlocks]
  : blocks) {
  const what = `two blocks of ${name} at full width, ${size} px, ${dtype} on ${options?.dawn}`
  gpuTest(options && { ...options, dtype }, what, async (backend) => {
    const program = vitBlockProgram(variantConfig(name, { imageSize: [size, size] }))
    const [rows, columns] = program.values[onlyInput(program).id]!.shape
    const tokens = gaussian(3, rows * columns)
    const results = []
    for (const one of [backend, await createWasmBackend()]) {
      const model = one.createModel(program.weights)
      writeRandomWeights(model, program.weights)
      const executable = model.compile(program)
      // The second block has the first one's weights.
      const { tokens: middle } = await executable.run({ tokens })
      const { tokens: last } = await executable.run({ tokens: middle! })
      results.push(last!)
      model.dispose()
    }
    assert.ok(worst(results[0]!, results[1]!) < bound, `${worst(results[0]!, results[1]!)}`)
  })
}

gpuTest(lavapipe, 'images whose values fit no buffer together are split', async () => {
  // WebGPU's own limits: a binding has 128 MiB, of which an image here takes 16.
  const adapter = await (await findGpu(lavapipe!.dawn)).requestAdapter()
  const device = await adapter!.requestDevice()
  const net = new ProgramBuilder()
  const wide = patchEmbed(net, 'patch', net.input('pixels', [4096, 3]), [4096, 1], [1, 1], 1024)
  const program = net.build({ mean: meanRows(net, 'mean', wide, 0) })
  const images = Array.from({ length: 11 }, (_, i) => gaussian(i, 4096 * 3))
  const results = []
  const labels: string[] = []
  for (const backend of [await createWebgpuBackend({ device }), await createWasmBackend()]) {
    const model = backend.createModel(program.weights)
    writeRandomWeights(model, program.weights)
    const executable = model.compile(program)
    const onStep = (label: string) => void labels.push(label)
    const runs = images.map((image) => executable.run({ pixels: image }, { onStep }))
    results.push((await Promise.all(runs)).map(({ mean }) => mean!))
    model.dispose()
  }
  device.destroy()
  const passes = labels.filter((label) => label.startsWith('forward'))
  assert.equal(passes, [...Array(8).fill('forward of 8'), ...Array(3).fill('forward of 3')])
  for (const [i, mean] of results[0]!.entries()) assert.ok(worst(mean, results[1]![i]!) < 1e-5)
})

gpuTest(lavapipe, 'what no buffer can hold is refused, with its size', async (backend) => {
  const net = new ProgramBuilder()
  const pixels = net.input('pixels', [1 << 20, 3])
  const wide = patchEmbed(net, 'patch', pixels, [1 << 20, 1], [1, 1], 128)
  const program = net.build({ out: rows(net, 'out', wide, 0, 1) })
  const model = backend.createModel(program.weights)
  const failed = await model
    .compile(program)
    .run({ pixels: new Float32Array(3 << 20) })
    .catch(({ code, message }) => `${code} ${message}`)
  assert.match(String(failed), /^LIMIT One image needs a buffer of \d+ bytes/)
})

test.run()
