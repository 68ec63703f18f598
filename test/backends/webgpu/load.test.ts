import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { watchDevices } from '../../../bench/scripts/null-device/watch-devices.ts'
import { load } from '../../../src/load.ts'
import { until } from '../../until.ts'
import { lavapipe, nullDevice, swiftshader } from './adapters.ts'

// The embedded model, as users have it.
const image = new URL('../../../examples/chelsea.png', import.meta.url)
const gpu = lavapipe ?? swiftshader
if (!gpu) console.log('skipping the embedded model on a GPU: there is none, not even in software')
const onGpu = gpu ? test : test.skip

onGpu('classifies, embeds and shows attention on a GPU as in WebAssembly', async () => {
  const { devices, buffers } = watchDevices()
  const wasm = await load()
  const vit = await load(undefined, { backend: 'webgpu', webgpu: gpu })
  assert.is(vit.backend.name, 'webgpu')
  assert.match(vit.backend.description, /own kernels/)
  const near = (a: Float32Array, b: Float32Array) =>
    assert.ok(a.every((value, i) => Math.abs(value - b[i]!) < 1e-3))
  const [first, second] = await vit.classify([image, image], { topK: 2 })
  assert.is(first![0]!.label, 'Egyptian cat')
  assert.equal(first, second)
  near(await vit.embed(image), await wasm.embed(image))
  near((await vit.attention(image)).layers, (await wasm.attention(image)).layers)

  // Pixels that are on the GPU, and logits that stay there.
  const pixels = await vit.pixels(image)
  const device = vit.backend.device as GPUDevice
  const input = device.createBuffer({ size: 2 * pixels.byteLength, usage: 4 | 8 })
  for (const at of [0, 1]) {
    device.queue.writeBuffer(input, at * pixels.byteLength, pixels as Float32Array<ArrayBuffer>)
  }
  const output = (await vit.logitsOnDevice(input, { count: 2 })) as GPUBuffer
  const staging = device.createBuffer({ size: output.size, usage: 1 | 8 })
  const encoder = device.createCommandEncoder()
  encoder.copyBufferToBuffer(output, 0, staging, 0, output.size)
  device.queue.submit([encoder.finish()])
  await staging.mapAsync(1)
  const logits = new Float32Array(staging.getMappedRange()).slice()
  const expected = await wasm.logits(pixels)
  near(logits.subarray(0, 1000), expected)
  near(logits.subarray(1000), expected)
  for (const buffer of [input, output, staging]) buffer.destroy()
  const code = (promise: Promise<unknown>) => promise.catch((error) => error.code)
  assert.is(await code(vit.logitsOnDevice(staging)), 'ARGUMENT')
  assert.is(await code(wasm.logitsOnDevice(staging)), 'UNSUPPORTED')

  // The device goes away, the weights are read again.
  devices[0]!.destroy()
  assert.is((await vit.classify(image))[0]!.label, 'Egyptian cat')
  vit.dispose()
  await until(() => buffers.size === 0, 'no buffer is left')
  wasm.dispose()
})

onGpu('auto leaves a GPU alone that is a program, and says why', async () => {
  const vit = await load(undefined, { backend: 'auto', webgpu: gpu })
  assert.is(vit.backend.name, 'wasm')
  assert.match(vit.backend.description, /is a GPU emulated on the CPU\)$/)
  vit.dispose()
})

test('auto leaves int8 to WebAssembly, and says why', async () => {
  const int8 = await load(undefined, { backend: 'auto', dtype: 'int8' })
  assert.match(int8.backend.description, /only it computes in int8/)
  int8.dispose()
})

test('auto measures, and takes the faster backend', async () => {
  // It computes nothing, and that in no time.
  const vit = await load(undefined, { backend: 'auto', webgpu: nullDevice })
  assert.is(vit.backend.name, 'webgpu')
  assert.match(vit.backend.description, /ms a forward on the GPU, \d.* in WebAssembly\)$/)
  vit.dispose()
})

test('without a GPU WebAssembly computes, with one warning', () => {
  const script = `
    import { load } from ${JSON.stringify(new URL('../../../src/load.ts', import.meta.url).href)}
    for (const backend of ['webgpu', 'webgpu', 'auto']) {
      const vit = await load(undefined, { backend, webgpu: { dawn: ['backend=opengl'] } })
      console.log(vit.backend.name, vit.backend.description)
      vit.dispose()
    }
    const f16 = { backend: 'webgpu', dtype: 'f16', webgpu: { dawn: ['backend=opengl'] } }
    await load(undefined, f16).catch(({ code }) => console.log(code))`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', script],
    { cwd: fileURLToPath(new URL('../../../', import.meta.url)), timeout: 100_000 },
  )
  assert.match(stdout.toString(), /^(wasm .*found no GPU\)\n){3}UNSUPPORTED\n$/, stderr.toString())
  assert.is(stderr.toString().match(/vitrine computes on the CPU/g)?.length, 1)
})

test.run()
