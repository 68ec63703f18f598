import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { platform } from '#platform'
import { onlyInput } from '../../../src/backends/inputs.ts'
import { referenceBackend } from '../../../src/backends/reference/reference.ts'
import { type Device, openDevice } from '../../../src/backends/webgpu/device.ts'
import { findGpu } from '../../../src/backends/webgpu/gpu.ts'
import { attention, attentionTile } from '../../../src/backends/webgpu/kernels/attention.ts'
import { gemm, type Tile } from '../../../src/backends/webgpu/kernels/gemm.ts'
import { place } from '../../../src/backends/webgpu/kernels/place.ts'
import { gemmTimes, measuredKernel } from '../../../src/backends/webgpu/measure.ts'
import {
  fittingTiles,
  type GemmLimits,
  type GemmShape,
  guessTile,
  slicedTiles,
  tileName,
  tiles,
} from '../../../src/backends/webgpu/tiles.ts'
import { Tuning } from '../../../src/backends/webgpu/tuning.ts'
import { createWebgpuBackend } from '../../../src/backends/webgpu/webgpu.ts'
import { vitProgram } from '../../../src/families/vit/program.ts'
import type { Program } from '../../../src/program/program.ts'
import { withCache } from '../../cache.ts'
import { gaussian } from '../../random.ts'
import { configs } from '../configs.ts'
import { linear } from '../programs.ts'
import { runAll, worst } from '../values.ts'
import { lavapipe, nullDevice } from './adapters.ts'

const add = lavapipe ? test : test.skip

add('every tile gives the same, with tails, in f32 and f16', async () => {
  const all = [...tiles, ...slicedTiles]
  for (const tile of all) await compare(linear(70, 150, 130, 'none'), tile, 'f32', 2e-5)
  // A driver compiles the others for half a minute each.
  const fast = all.filter(({ rows }) => rows === 16)
  for (const tile of process.env.VITRINE_TEST_ALL ? all : fast) {
    await compare(linear(70, 150, 130, 'gelu_erf'), tile, 'f16', 1e-2)
  }
  // Patches, tokens and pairs.
  for (const tile of fast) await compare(vitProgram(configs['odd sizes']!), tile, 'f32', 2e-5)
})

async function compare(program: Program, tile: Tile, dtype: 'f32' | 'f16', bound: number) {
  const [rows, stride] = program.values[onlyInput(program).id]!.shape
  const pixels = gaussian(3, rows * stride)
  const expected = await runAll(referenceBackend.createModel(program.weights), program, pixels)
  const device = await openDevice({ ...lavapipe, dtype })
  device.tuning.tile = () => tile
  const backend = await createWebgpuBackend({ dtype }, device)
  const found = await runAll(backend.createModel(program.weights), program, pixels, bound)
  backend.dispose!()
  for (const [name, values] of Object.entries(expected)) {
    const error = worst(found[name]!, values)
    assert.ok(error < bound, `${dtype} ${tileName(tile)} ${name}: off by ${error}`)
  }
}

const shape: GemmShape = { rows: 40, inner: 24, columns: [52], a: 'f32', b: 'f32' }

test(
  'a tile is measured once for a GPU, and noted for the next process',
  withCache(async () => {
    const device = await openDevice(nullDevice)
    await device.tuning.learn([shape])
    const tile = device.tuning.tile(shape)
    assert.ok([...tiles, ...slicedTiles].some((one) => one === tile))
    device.destroy()
    const again = await openDevice(nullDevice)
    const submit = again.gpu.queue.submit
    again.gpu.queue.submit = () => {
      throw new Error('It is measured again.')
    }
    await again.tuning.learn([{ ...shape, rows: 41 }])
    assert.is(again.tuning.tile({ ...shape, rows: 41 }), tile)
    again.gpu.queue.submit = submit
    again.destroy()
    const { best } = JSON.parse(platform.notes.recall(`tiles ${again.name}`)!)
    assert.equal(Object.values(best), [tileName(tile)])
  }),
)

/** Counts what is asked of a device from now on. */
function watch(device: Device) {
  const counts = { buffers: 0, rows: 0 }
  const { gpu } = device
  const { createBuffer, createCommandEncoder } = gpu
  gpu.createBuffer = (descriptor) => {
    counts.buffers++
    return createBuffer.call(gpu, descriptor)
  }
  gpu.createCommandEncoder = () => {
    const encoder = createCommandEncoder.call(gpu)
    const { beginComputePass } = encoder
    encoder.beginComputePass = () => {
      const pass = beginComputePass.call(encoder)
      const { dispatchWorkgroups } = pass
      pass.dispatchWorkgroups = (x, y, z) => {
        counts.rows = Math.max(counts.rows, y!)
        dispatchWorkgroups.call(pass, x, y, z)
      }
      return pass
    }
    return encoder
  }
  return counts
}

test(
  'a product that every block repeats is measured once',
  withCache(async () => {
    const device = await openDevice(nullDevice)
    const { gpu, pipelines } = device
    const orLost = device.orLost.bind(device)
    const counts = watch(device)
    const learn = async (name: string, shapes: GemmShape[]) => {
      counts.buffers = 0
      await new Tuning({ gpu, pipelines, name, orLost }).learn(shapes)
      return counts.buffers
    }
    const wide = { ...shape, columns: [104] }
    const once = await learn('one block', [shape, wide])
    assert.ok(once > 0)
    const blocks = Array.from({ length: 24 }, (_, i) => [{ ...shape, rows: 40 + (i % 2) }, wide])
    assert.is(await learn('24 blocks', blocks.flat()), once)
    assert.is(await learn('24 blocks', blocks.flat()), 0)
    device.destroy()
  }),
)

test(
  'all pipelines are there before anything is measured',
  withCache(async () => {
    const device = await openDevice(nullDevice)
    const { gpu, pipelines } = device
    const events: string[] = []
    const { createComputePipelineAsync } = gpu
    gpu.createComputePipelineAsync = async (descriptor) => {
      events.push('compiles')
      const pipeline = await createComputePipelineAsync.call(gpu, descriptor)
      events.push('has compiled')
      return pipeline
    }
    const { submit } = gpu.queue
    gpu.queue.submit = (buffers) => {
      events.push('measures')
      submit.call(gpu.queue, buffers)
    }
    const orLost = device.orLost.bind(device)
    const tuning = new Tuning({ gpu, pipelines, name: 'compiling', orLost })
    await tuning.learn([shape, { ...shape, inner: 48 }], [place('f32')])
    const count = 1 + fittingTiles(gpu.limits, shape).length
    assert.equal(events.slice(0, count), Array(count).fill('compiles'))
    assert.equal(events.slice(count, 2 * count), Array(count).fill('has compiled'))
    assert.equal([...new Set(events.slice(2 * count))], ['measures'])
    device.destroy()
  }),
)

test(
  'a tile that a driver can not compile is not used',
  withCache(async () => {
    const device = await openDevice(nullDevice)
    const { gpu, pipelines } = device
    const only = slicedTiles.at(-1)!
    const { createComputePipelineAsync } = gpu
    let compiles = (kernel: string | undefined) => kernel?.includes(tileName(only))
    gpu.createComputePipelineAsync = async (descriptor) => {
      if (compiles(descriptor.label)) return createComputePipelineAsync.call(gpu, descriptor)
      throw new Error('the compiler has died')
    }
    const orLost = device.orLost.bind(device)
    const tuning = new Tuning({ gpu, pipelines, name: 'refusing', orLost })
    await tuning.learn([shape])
    assert.is(tuning.tile(shape), only)
    // Where none can be compiled, the error comes with the product itself.
    compiles = () => false
    const half = { ...shape, a: 'f16', b: 'f16' } as const
    await tuning.learn([half])
    assert.is(tuning.tile(half), guessTile(gpu.limits, half))
    device.destroy()
  }),
)

test('a large product is measured by its first rows, and its time is of all', async () => {
  const device = await openDevice(nullDevice)
  const counts = watch(device)
  const tile = tiles.at(-1)!
  const { now } = performance
  let clock = 0
  // Whatever is measured takes 5 ms.
  performance.now = () => (clock += 5)
  try {
    assert.equal(await gemmTimes(device, shape, [tile]), [5])
    assert.is(counts.rows, Math.ceil(shape.rows / tile.rows))
    const large = { ...shape, rows: 16384, inner: 4096 }
    counts.rows = 0
    assert.equal(await gemmTimes(device, large, [tile]), [10])
    assert.is(counts.rows, 8192 / tile.rows)
  } finally {
    performance.now = now
    device.destroy()
  }
})

test('a pause of the system does not make a tile slow', async () => {
  const device = await openDevice(nullDevice)
  const { now } = performance
  const { submit } = device.gpu.queue
  let [clock, submits, repetitions] = [0, 0, 0]
  // A repetition takes 0.1 ms, and the third submit 6 ms more.
  device.gpu.queue.submit = (buffers) => {
    submits++
    clock += 0.1 * repetitions + (submits === 3 ? 6 : 0)
    submit.call(device.gpu.queue, buffers)
  }
  const { createCommandEncoder } = device.gpu
  device.gpu.createCommandEncoder = () => {
    const encoder = createCommandEncoder.call(device.gpu)
    const { beginComputePass } = encoder
    repetitions = 0
    encoder.beginComputePass = () => {
      const pass = beginComputePass.call(encoder)
      const { dispatchWorkgroups } = pass
      pass.dispatchWorkgroups = (...workgroups) => {
        repetitions++
        dispatchWorkgroups.apply(pass, workgroups)
      }
      return pass
    }
    return encoder
  }
  performance.now = () => clock
  try {
    const [time] = await gemmTimes(device, shape, [tiles.at(-1)!])
    assert.ok(Math.abs(time! - 0.1) < 1e-6, `${time}`)
  } finally {
    performance.now = now
    device.destroy()
  }
})

const small = { maxComputeWorkgroupStorageSize: 16384, maxComputeInvocationsPerWorkgroup: 256 }
const large = { maxComputeWorkgroupStorageSize: 49152, maxComputeInvocationsPerWorkgroup: 1024 }

test('without a measurement the shape and the device’s limits decide', async () => {
  const guessed = (limits: GemmLimits, rows: number, inner: number, columns: number) =>
    tileName(guessTile(limits, { ...shape, rows, inner, columns: [columns] }))
  for (const limits of [small, large]) {
    assert.is(guessed(limits, 6304, 768, 3072), '64x64x16')
    assert.is(guessed(limits, 6304, 3072, 768), '64x64x16')
    assert.is(guessed(limits, 197, 1024, 4096), '64x64x16')
    assert.is(guessed(limits, 197, 768, 3072), '32x64x16')
    assert.is(guessed(limits, 197, 4096, 1024), '32x64x16')
    assert.is(guessed(limits, 197, 192, 192), '16x32x16')
    assert.is(guessed(limits, 1, 768, 768), '16x32x16')
  }
  assert.is(fittingTiles({ ...small, maxComputeInvocationsPerWorkgroup: 64 }, shape).length, 1)
  const matrix = { rows: 16, columns: 16, inner: 16, lanes: { least: 32, most: 32 } }
  const byMatrices = (rows: number, inner: number, columns: number) =>
    tileName(guessTile(large, { rows, inner, columns: [columns], a: 'f16', b: 'f16' }, matrix))
  assert.is(byMatrices(6304, 3072, 768), '128x128x32_16x16x16')
  assert.is(byMatrices(197, 1024, 4096), '64x64x64_16x16x16')
  assert.is(byMatrices(197, 3072, 768), '32x32x64_16x16x16')
})

test('a device of the least limits has kernels for every type and head width', async () => {
  const gpu = await findGpu([...nullDevice.dawn!, 'enable-dawn-features=allow_unsafe_apis'])
  const adapter = (await gpu.requestAdapter())!
  const base = await adapter.requestDevice({ requiredFeatures: ['shader-f16'] })
  assert.is(base.limits.maxComputeWorkgroupStorageSize, small.maxComputeWorkgroupStorageSize)
  assert.is(base.limits.maxComputeInvocationsPerWorkgroup, small.maxComputeInvocationsPerWorkgroup)
  const { pipelines } = await openDevice({ device: base, dtype: 'f16' })
  for (const [a, b] of [
    ['f32', 'f32'],
    ['f16', 'f16'],
    ['f32', 'f16'],
  ] as const) {
    const fitting = fittingTiles(base.limits, { ...shape, a, b })
    assert.ok(fitting.some(({ slices }) => slices > 1))
    for (const tile of fitting) assert.ok(await pipelines.get(measuredKernel({ a, b }, tile)))
  }
  for (const headWidth of [1, 30, 64, 80, 128, 200, 256, 500, 2048]) {
    for (const [queries, slices] of [
      [197, true],
      [197, false],
      [50_000, true],
    ] as const) {
      for (const input of ['f32', 'f16'] as const) {
        const options = { headWidth, input, out: input, causal: true, bias: true }
        const kernel = attention(options, attentionTile(queries, headWidth, slices))
        assert.ok(await pipelines.get(kernel))
      }
    }
  }
  base.destroy()
})

test('matrices of any size make tiles, and WGSL', async () => {
  const gpu = await findGpu([...nullDevice.dawn!, 'enable-dawn-features=allow_unsafe_apis'])
  const adapter = (await gpu.requestAdapter())!
  const names = ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix']
  const requiredFeatures = names as GPUFeatureName[]
  const device = await adapter.requestDevice({ requiredFeatures })
  const f16 = { ...shape, a: 'f16', b: 'f16' } as const
  for (const [rows, columns, inner, least, most] of [
    [16, 16, 16, 32, 32],
    [8, 16, 16, 8, 32],
    [16, 8, 8, 64, 64],
    [32, 32, 16, 4, 128],
  ] as const) {
    const matrix = { rows, columns, inner, lanes: { least, most } }
    assert.ok('matrix' in guessTile(large, f16, matrix))
    assert.not('matrix' in guessTile(large, shape, matrix))
    for (const tile of fittingTiles(large, f16, matrix)) {
      const { code, name } = gemm({
        ...{ tile, a: 'f16', b: 'f16', out: 'f16', source: 'matrix', pair: true, tokens: 'none' },
        ...{ bias: true, activation: 'gelu_tanh', residual: false },
      })
      const { messages } = await device.createShaderModule({ code }).getCompilationInfo()
      assert.equal(
        messages.map(({ message }) => `${name}: ${message}`),
        [],
      )
    }
  }
  device.destroy()
})

test('a model is tuned before it runs for the first time', async () => {
  const program = vitProgram(configs['class token, erf']!)
  const device = await openDevice(nullDevice)
  const events: string[] = []
  const { learn } = device.tuning
  device.tuning.learn = async (shapes) => {
    assert.ok(shapes.length > 0)
    events.push('learns')
    await learn.call(device.tuning, shapes)
    events.push('has learnt')
  }
  const backend = await createWebgpuBackend({}, device)
  const model = backend.createModel(program.weights)
  model.prepare!(program)
  await model.compile(program).run({ pixels: new Float32Array(32 * 32 * 3) })
  events.push('has run')
  backend.dispose!()
  assert.equal([...new Set(events)], ['learns', 'has learnt', 'has run'])
})

test.run()
