import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Backend } from '../../../src/backends/backend.ts'
import { onlyInput } from '../../../src/backends/inputs.ts'
import { referenceBackend } from '../../../src/backends/reference/reference.ts'
import { type Device, openDevice } from '../../../src/backends/webgpu/device.ts'
import { type Matrix, matrixTile } from '../../../src/backends/webgpu/kernels/gemm-matrices.ts'
import { matrixGrids, slicedGrids, tileName } from '../../../src/backends/webgpu/tiles.ts'
import { createWebgpuBackend } from '../../../src/backends/webgpu/webgpu.ts'
import { ProgramBuilder } from '../../../src/program/builder.ts'
import { patchEmbed } from '../../../src/program/layers/conv2d.ts'
import { linear } from '../../../src/program/layers/linear.ts'
import type { Program } from '../../../src/program/program.ts'
import { compareWithGolden, gpuBounds } from '../../goldens/photograph.ts'
import { testUnless } from '../../obstacle.ts'
import { gaussian, writeRandomWeights } from '../../random.ts'
import { hasShared } from '../../shared.ts'
import { worst } from '../values.ts'
import { lavapipe } from './adapters.ts'

// Products by the matrices of subgroups. Mesa's software GPU has them since version 26, which .ci/run
// unpacks to run this file once more.

const options = { ...lavapipe, dtype: 'f16', matrices: true } as const

/** The bound of f16 against float64. */
const BOUND = 1e-2

async function hasMatrices(): Promise<boolean> {
  try {
    const device = await openDevice(options)
    device.destroy()
    return true
  } catch (error) {
    console.log(`skipping matrices of subgroups: ${(error as Error).message}`)
    return false
  }
}

const isHere = lavapipe !== undefined && (await hasMatrices())

function matrixTest(
  name: string,
  run: (device: Device & { matrix: Matrix }, backend: Backend) => Promise<void>,
): void {
  if (!isHere) return void test.skip(name, () => {})
  test(name, async () => {
    const device = await openDevice(options)
    const backend = await createWebgpuBackend(options, device)
    try {
      await run(device as Device & { matrix: Matrix }, backend)
    } finally {
      backend.dispose!()
    }
  })
}

/** Names of the kernels that are made from now on. */
function watchKernels({ pipelines }: Device): Set<string> {
  const names = new Set<string>()
  const get = pipelines.get.bind(pipelines)
  pipelines.get = (kernel) => {
    names.add(kernel.name)
    return get(kernel)
  }
  return names
}

/** One product: an image whose rows are single patches. */
function product(rows: number, inner: number, columns: number): Program {
  const net = new ProgramBuilder()
  const grid = [rows, inner / 3] as const
  const pixels = net.input('pixels', [grid[0] * grid[1], 3])
  return net.build({ product: patchEmbed(net, 'patch', pixels, grid, [1, grid[1]], columns) })
}

matrixTest('tiles give what float64 does, whatever the shape', async (device, backend) => {
  const { matrix } = device
  // As of GPUs whose subgroups may be larger than they turn out to be.
  const larger = { ...matrix, lanes: { least: matrix.lanes.least, most: 2 * matrix.lanes.most } }
  const [largest, , middle, smallest] = matrixGrids
  for (const tile of [
    matrixTile(matrix, largest!),
    matrixTile(larger, middle!),
    matrixTile(matrix, smallest!),
    matrixTile(larger, slicedGrids[0]!),
    ...slicedGrids.map((grid) => matrixTile(matrix, grid)),
  ]) {
    device.tuning.tile = () => tile
    for (const rows of [1, 50, 197, 257]) {
      for (const [inner, columns] of [
        [3, 130],
        [39, 2],
        [315, 66],
      ] as const) {
        await compare(backend, product(rows, inner, columns), tileName(tile))
      }
    }
  }
})

matrixTest('pairs, activations and residuals of products with tails', async (device, backend) => {
  const tile = matrixTile(device.matrix, matrixGrids[3]!)
  device.tuning.tile = () => tile
  for (const rows of [5, 70]) {
    const net = new ProgramBuilder()
    const x = patchEmbed(net, 'patch', net.input('pixels', [rows, 3]), [rows, 1], [1, 1], 37)
    const query = linear(net, 'query', x, 18)
    const keyValue = linear(net, 'key_value', x, 39)
    const residual = linear(net, 'hidden', keyValue, 37, { activation: 'gelu_erf', residual: x })
    await compare(backend, net.build({ query, keyValue, residual }), tileName(tile))
  }
})

async function compare(backend: Backend, program: Program, what: string): Promise<void> {
  const [rows, stride] = program.values[onlyInput(program).id]!.shape
  const pixels = gaussian(3, rows * stride)
  const results = []
  for (const one of [referenceBackend, backend]) {
    const model = one.createModel(program.weights)
    writeRandomWeights(model, program.weights)
    results.push(await model.compile(program).run({ pixels }))
    model.dispose()
  }
  const [expected, found] = results
  for (const [name, values] of Object.entries(expected!)) {
    const error = worst(found![name]!, values)
    assert.ok(error < BOUND, `${what}, ${rows} rows, ${name}: off by ${error}`)
  }
}

const photograph = 'Ti/16 on a photograph, all large products by matrices'
if (!hasShared) testUnless('the real weights are not here', photograph, () => {})
else {
  matrixTest(photograph, async (device, backend) => {
    assert.match(backend.description, /^f16, .*own kernels, matrices of \d+x\d+x\d+ where they are/)
    const kernels = watchKernels(device)
    await compareWithGolden(backend, 'tanh', gpuBounds.f16)
    const products = [...kernels].filter((name) => name.includes('gemm'))
    assert.ok(products.length >= 5)
    for (const name of products) assert.match(name, /_gemm_\d+x\d+x\d+_\d+x\d+x\d+_/)
  })
}

test.run()
