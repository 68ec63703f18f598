import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openDevice } from '../../../src/backends/webgpu/device.ts'
import { tiles } from '../../../src/backends/webgpu/tiles.ts'
import { createWebgpuBackend } from '../../../src/backends/webgpu/webgpu.ts'
import { validWindow } from '../../../src/program/ops/window.ts'
import {
  bottleneck,
  compareOutputs,
  convolution,
  embedding,
  inputsOf,
  mixing,
  norms,
  windows,
} from '../operations.ts'
import {
  attention,
  constants,
  everyHeadWidth,
  gated,
  linear,
  placedAttention,
  rotated,
} from '../programs.ts'
import { gpuTest, lavapipe, swiftshader } from './adapters.ts'

// The operations that plain ViTs do without, against float64.

gpuTest(lavapipe, 'windows of every kind', async (backend) => {
  const channels = [1, 3, 5, 32, 64]
  for (const [i, [name, window]] of Object.entries(windows).entries()) {
    const own = channels[i % channels.length]!
    const program = convolution(window, own, 9, i % 2 === 0)
    const what = `${name}, ${own} channels`
    await compareOutputs(backend, what, program, { bound: 2e-5, images: 1 + (i % 3) })
  }
})

for (const dtype of ['f32', 'f16'] as const) {
  const bound = dtype === 'f32' ? 2e-5 : 1e-2
  const options = lavapipe && { ...lavapipe, dtype }

  gpuTest(options, `${dtype}, lavapipe: a block of a ResNet`, async (backend) => {
    const images = 3
    await compareOutputs(backend, 'wide', bottleneck([5, 5], 32, 64), { bound, images })
    // In f32, vectors that lie in several positions are tested above.
    if (dtype === 'f32') return
    await compareOutputs(backend, 'narrow', bottleneck([7, 10], 5, 6), { bound, images })
  })

  gpuTest(
    options,
    `${dtype}, lavapipe: group norms, transposes, rotations, tokens`,
    async (backend) => {
      for (const [rows, columns, groups] of [
        [1, 1, 1],
        [33, 6, 3],
        [130, 64, 32],
        [16, 35, 5],
        [17, 260, 2],
      ] as const) {
        const program = norms(rows, columns, groups)
        const what = `[${rows}, ${columns}] in ${groups} groups`
        if (rows * columns > groups)
          await compareOutputs(backend, what, program, { bound, images: 2 })
        const inputs = inputsOf(program, 1, 5)
        await compareOutputs(backend, `${what}, nearly flat`, program, { bound: 1e-3, inputs })
      }
      for (const [rows, columns] of [
        [1, 1],
        [5, 37],
        [33, 6],
        [64, 96],
      ] as const) {
        const what = `[${rows}, ${columns}]`
        await compareOutputs(backend, what, mixing(rows, columns), { bound, images: 2 })
      }
      for (const [rows, headWidth, from, more] of [
        [5, 4, 0, 3],
        [7, 12, 2, 12],
        [3, 64, 1, 0],
      ] as const) {
        const program = rotated(rows, 3, headWidth, from, more)
        await compareOutputs(backend, `rotated heads of ${headWidth}`, program, {
          bound,
          images: 2,
        })
      }
      for (const segment of [false, true]) {
        await compareOutputs(backend, 'tokens', embedding(7, 10, segment), { bound, images: 3 })
      }
    },
  )
}

for (const dtype of ['f32', 'f16'] as const) {
  const bound = dtype === 'f32' ? 2e-5 : 2e-2
  const options = lavapipe && { ...lavapipe, dtype }

  gpuTest(options, `${dtype}, lavapipe: gates, RMS norms, constants`, async (backend) => {
    for (const [rows, columns, width] of [
      [1, 1, 1],
      [7, 5, 9],
      [5, 33, 40],
      [66, 20, 18],
    ] as const) {
      for (const images of [1, 3]) {
        const what = `[${rows}, ${columns}], ${width} wide`
        await compareOutputs(backend, what, gated(rows, columns, width), { bound, images })
      }
    }
    for (const [heads, headWidth] of [
      [3, 4],
      [1, 5],
    ] as const) {
      await compareOutputs(backend, 'constants', constants(7, heads, headWidth), {
        ...{ bound, images: 2 },
      })
    }
    for (const activation of ['silu', 'quick_gelu'] as const) {
      await compareOutputs(backend, activation, linear(5, 7, 17, activation), { bound })
    }
  })

  gpuTest(options, `${dtype}, lavapipe: attention over every head width`, async (backend) => {
    // A driver compiles each of them for seconds, so f16 has those with and without a remainder of 8 only.
    const widths = dtype === 'f32' ? everyHeadWidth : [everyHeadWidth[1]!, everyHeadWidth[4]!]
    for (const [what, program] of widths) {
      await compareOutputs(backend, what, program, { bound, images: 2 })
    }
  })
}

// Software takes long to compile these kernels.
for (const dtype of process.env.VITRINE_TEST_ALL ? (['f32', 'f16'] as const) : (['f32'] as const)) {
  const options = lavapipe && { ...lavapipe, dtype }
  gpuTest(
    options,
    `${dtype}, lavapipe: attention whose queries are shared by threads`,
    async () => {
      const device = await openDevice(options!)
      // As on a real GPU, where it pays.
      Object.defineProperty(device, 'isSoftware', { value: false })
      const backend = await createWebgpuBackend(options!, device)
      const names: string[] = []
      const get = device.pipelines.get.bind(device.pipelines)
      device.pipelines.get = (kernel) => {
        names.push(kernel.name)
        return get(kernel)
      }
      const bound = dtype === 'f32' ? 2e-5 : 2e-2
      // Few queries, with a mask and with a bias; then many, of which three images have enough together.
      for (const [what, program, images] of [
        ['few, causal', placedAttention(37, 2, 20, { causal: true, bias: false, from: 1 }), 2],
        ['few, with a bias', placedAttention(19, 2, 36, { causal: false, bias: true, from: 0 }), 1],
        ['many', attention(200, 200, 14, 20), 3],
      ] as const) {
        await compareOutputs(backend, what, program, { bound, images })
      }
      backend.dispose!()
      for (const tile of [
        '_attention_16x16x20s8',
        '_attention_16x16x36s8',
        '_attention_32x16x20s2',
      ]) {
        assert.ok(
          names.some((name) => name.includes(tile)),
          `${tile} is not among ${names}`,
        )
      }
    },
  )
}

gpuTest(lavapipe, 'products of more rows than one axis of a dispatch counts', async () => {
  const device = await openDevice(lavapipe!)
  const backend = await createWebgpuBackend(lavapipe!, device)
  const smallest = tiles.at(-1)!
  device.tuning.tile = () => smallest
  const rows = smallest.rows * 40_000
  const program = convolution(validWindow([rows, 1], [1, 1]), 1, 1, true)
  await compareOutputs(backend, `${rows} rows`, program, { bound: 2e-5 })
  backend.dispose!()
})

const withoutSubgroups = lavapipe && { ...lavapipe, subgroups: false }
gpuTest(withoutSubgroups, 'group norms without subgroups', (backend) =>
  compareOutputs(backend, 'wide', bottleneck([7, 7], 8, 260), { bound: 2e-5, images: 2 }),
)

gpuTest(swiftshader, 'f32, SwiftShader: a block of a ResNet, and mixing', async (backend) => {
  await compareOutputs(backend, 'block', bottleneck([7, 10], 5, 6), { bound: 2e-5, images: 2 })
  await compareOutputs(backend, 'mixing', mixing(33, 6), { bound: 2e-5 })
})

test.run()
