import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { watchDevices } from '../../../bench/scripts/null-device/watch-devices.ts'
import type { Model } from '../../../src/backends/backend.ts'
import { onlyInput } from '../../../src/backends/inputs.ts'
import { dawnOptions } from '../../../src/backends/webgpu/features.ts'
import { findGpu } from '../../../src/backends/webgpu/gpu.ts'
import { createWebgpuBackend } from '../../../src/backends/webgpu/webgpu.ts'
import { programOf } from '../../../src/families/architectures.ts'
import { variantConfigOf } from '../../../src/families/published.ts'
import { vitBlockProgram, vitProgram } from '../../../src/families/vit/program.ts'
import { variantConfig } from '../../../src/families/vit/variants.ts'
import { withOutputs } from '../../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../../src/program/passes/rows.ts'
import type { Program } from '../../../src/program/program.ts'
import { gaussian, writeRandomWeights } from '../../random.ts'
import { until } from '../../until.ts'
import { configs } from '../configs.ts'
import { outcome } from '../wasm/threads/workers.ts'
import { gpuTest, lavapipe, nullDevice, swiftshader } from './adapters.ts'

const small = withOutputs(vitProgram(configs['class token, erf']!), ['logits'])
const pixels = gaussian(7, 32 * 32 * 3)

const filled = (model: Model, program: Program = small) => {
  writeRandomWeights(model, program.weights)
  return model.compile(program)
}

const real = lavapipe ?? swiftshader
if (!real) console.log('skipping lost devices: there is no software GPU')
const lostTest = real ? test : test.skip

lostTest('a device that is lost is replaced, the weights are read again', async () => {
  const { devices } = watchDevices()
  const backend = await createWebgpuBackend(real)
  const [device] = devices
  let refills = 0
  const model = backend.createModel(small.weights, async (sink) => {
    refills++
    writeRandomWeights(sink as Model, small.weights)
  })
  const executable = filled(model)
  const expected = await executable.run({ pixels })
  const running = [1, 2, 3].map(() => executable.run({ pixels }))
  device!.destroy()
  for (const outputs of await Promise.all(running)) assert.equal(outputs, expected)
  assert.is(refills, 1)
  assert.equal(await executable.run({ pixels }), expected)

  // A model whose weights can't be read again fails with the reason.
  const once = filled(backend.createModel(small.weights))
  await once.run({ pixels })
  devices.at(-1)!.destroy()
  assert.is(await outcome(once.run({ pixels })), 'GPU')

  // A run fails with the reason while there is no other GPU, and works again once there is one.
  assert.equal(await executable.run({ pixels }), expected)
  const gpu = await findGpu(real!.dawn)
  gpu.requestAdapter = async () => null
  devices.at(-1)!.destroy()
  const failed = await executable.run({ pixels }).catch(({ code, message }) => `${code} ${message}`)
  assert.match(String(failed), /^GPU .*It can't be replaced/)
  Reflect.deleteProperty(gpu, 'requestAdapter')
  assert.equal(await executable.run({ pixels }), expected)
  backend.dispose!()
})

gpuTest(lavapipe, 'aborts and disposals while runs wait and compute', async (backend) => {
  const model = backend.createModel(small.weights)
  const executable = filled(model)
  await executable.run({ pixels })
  const aborted = AbortSignal.abort()
  assert.is(await outcome(executable.run({ pixels }, { signal: aborted })), 'AbortError')
  const controller = new AbortController()
  const { signal } = controller
  const runs = Array.from({ length: 80 }, () => outcome(executable.run({ pixels }, { signal })))
  const others = [1, 2].map(() => outcome(executable.run({ pixels })))
  await Promise.resolve()
  controller.abort()
  assert.equal(new Set(await Promise.all(runs)), new Set(['AbortError']))
  assert.equal(await Promise.all(others), ['done', 'done'])
  assert.is(await outcome(executable.run({ pixels: pixels.subarray(1) })), 'ARGUMENT')
  const late = [1, 2].map(() => outcome(executable.run({ pixels })))
  model.dispose()
  assert.equal(await Promise.all(late), ['DISPOSED', 'DISPOSED'])
  assert.is(await outcome(executable.run({ pixels })), 'DISPOSED')
})

test('200 loads and disposals leave no buffer, and every device is given back', async () => {
  const { buffers, devices, lost } = watchDevices()
  for (let i = 0; i < 200; i++) {
    const backend = await createWebgpuBackend(nullDevice)
    const model = backend.createModel(small.weights)
    const executable = filled(model)
    await Promise.all([executable.run({ pixels }), executable.run({ pixels })])
    model.dispose()
    backend.dispose!()
  }
  assert.is(devices.length, 200)
  await until(() => lost.size === 200, 'every device is lost')
  assert.is(buffers.size, 0)
})

test('seven dispatches a block, one pass and one submit a forward', async () => {
  const { counts } = watchDevices()
  for (const [name, depth, dispatches] of [
    ['B_16', 12, 90],
    ['L_16', 6, 48],
  ] as const) {
    const config = variantConfig(name, { depth })
    const program = withoutUnusedRows(withOutputs(vitProgram(config), ['logits']))
    const backend = await createWebgpuBackend(nullDevice)
    const model = backend.createModel(program.weights)
    const executable = model.compile(program)
    const image = new Float32Array(224 * 224 * 3)
    await executable.run({ pixels: image })
    Object.assign(counts, { dispatch: 0, submit: 0, group: 0, buffer: 0, pass: 0 })
    await executable.run({ pixels: image })
    assert.equal(counts, { dispatch: dispatches, submit: 1, group: 0, buffer: 0, pass: 1 }, name)
    backend.dispose!()
  }
})

test('a convolution is one dispatch, its group norm three', async () => {
  const { counts } = watchDevices()
  const config = variantConfigOf('R50+ViT-B_16', {
    ...{ imageSize: [64, 64], units: [1, 1], stemWidth: 8, groups: 4 },
    ...{ width: 16, mlpWidth: 24, heads: 2, depth: 1, classes: 3 },
  })
  const program = withOutputs(programOf(config), ['logits'])
  const backend = await createWebgpuBackend(nullDevice)
  const executable = backend.createModel(program.weights).compile(program)
  const image = new Float32Array(64 * 64 * 3)
  await executable.run({ pixels: image })
  Object.assign(counts, { dispatch: 0, submit: 0, pass: 0 })
  await executable.run({ pixels: image })
  // The root, two units of three and a projection each; the pool, patches and tokens, the block, norm, row and head.
  // The first unit's projection and its first convolution are products of the same rows, in one.
  const convolutions = 1 + 2 * 4
  assert.is(counts.dispatch, 4 * convolutions - 1 + 1 + 1 + 7 + 3)
  assert.equal([counts.submit, counts.pass], [1, 1])
  backend.dispose!()
})

test('32 images of H/14 are taken as 25 and 7 where a binding has 128 MiB', async () => {
  const adapter = await (await findGpu(nullDevice.dawn)).requestAdapter()
  // WebGPU's own limits, which many adapters have no more of.
  const device = await adapter!.requestDevice()
  assert.is(device.limits.maxStorageBufferBindingSize, 128 << 20)
  const program = vitBlockProgram(variantConfig('H_14'))
  const [rows, columns] = program.values[onlyInput(program).id]!.shape
  const backend = await createWebgpuBackend({ device })
  const executable = backend.createModel(program.weights).compile(program)
  const tokens = new Float32Array(rows * columns)
  const labels: string[] = []
  const onStep = (label: string) => void labels.push(label)
  await Promise.all(Array.from({ length: 32 }, () => executable.run({ tokens }, { onStep })))
  assert.equal(labels, [...Array(25).fill('forward of 25'), ...Array(7).fill('forward of 7')])
  device.destroy()
})

test('a model for which the GPU has no memory is refused, and another can be loaded', async () => {
  const program = withOutputs(vitProgram(variantConfig('L_16')), ['logits'])
  const backend = await createWebgpuBackend(nullDevice)
  const model = backend.createModel(program.weights)
  assert.is(
    await outcome(model.compile(program).run({ pixels: new Float32Array(224 * 224 * 3) })),
    'MEMORY',
  )
  model.dispose()
  assert.is(await outcome(filled(backend.createModel(small.weights)).run({ pixels })), 'done')
  backend.dispose!()
})

test('Dawn gets the toggles that options need, besides the given ones', () => {
  const enable = 'enable-dawn-features='
  assert.equal(dawnOptions({ dawn: ['adapter=NVIDIA'] }), ['adapter=NVIDIA'])
  assert.equal(dawnOptions({ dtype: 'f16' }), [`${enable}vulkan_enable_f16_on_nvidia`])
  const dawn = [`${enable}dump_shaders,allow_unsafe_apis`, 'backend=null']
  const all = `${enable}dump_shaders,allow_unsafe_apis,vulkan_enable_f16_on_nvidia`
  assert.equal(dawnOptions({ dtype: 'f16', matrices: true, dawn }), ['backend=null', all])
})

test('missing types, adapters and packages are named', async () => {
  const failed = (options: object) =>
    createWebgpuBackend(options).then(
      () => 'nothing failed',
      ({ code, message }) => `${code} ${message}`,
    )
  assert.match(await failed({ ...nullDevice, dtype: 'int8' }), /^UNSUPPORTED .*not in int8/)
  assert.match(
    await failed({ dawn: ['backend=opengl'] }),
    /^UNSUPPORTED This runtime has WebGPU, but found no GPU/,
  )
  const matrices = { ...nullDevice, matrices: true }
  assert.match(await failed(matrices), /^ARGUMENT Matrices multiply f16, not f32/)
  assert.match(await failed({ ...matrices, dtype: 'f16' }), /^UNSUPPORTED .* multiply f16 matrices/)
  const adapter = await (await findGpu(nullDevice.dawn)).requestAdapter()
  const device = await adapter!.requestDevice()
  assert.match(await failed({ device, dtype: 'f16' }), /^UNSUPPORTED .*shader-f16/)
  const backend = await createWebgpuBackend({ device })
  const model = backend.createModel(small.weights)
  await filled(model).run({ pixels })
  model.dispose()
  backend.dispose!()
  // It is the caller's.
  const buffer = device.createBuffer({ size: 4, usage: 8 })
  device.queue.writeBuffer(buffer, 0, new Uint32Array(1))
  await device.queue.onSubmittedWorkDone()
  device.destroy()
})

test.run()
