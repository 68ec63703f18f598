import type { Device } from '../../../src/backends/webgpu/device.ts'
import { gemmTimes } from '../../../src/backends/webgpu/measure.ts'
import { fittingTiles, type GemmShape, tileName } from '../../../src/backends/webgpu/tiles.ts'

const product = (rows: number, inner: number, columns: number) => ({
  ...{ rows, inner, columns: [columns] },
})

/** A large product, then those of the models at batch 1 and 32: tokens, then both sides of the MLP. */
export const modelShapes: readonly Omit<GemmShape, 'a' | 'b'>[] = [
  product(4096, 4096, 4096),
  ...[
    [197, 768],
    [197, 1024],
    [257, 1280],
  ].flatMap(([tokens, width]) =>
    [1, 32].flatMap((batch) => [
      product(batch * tokens!, width!, width!),
      product(batch * tokens!, width!, 4 * width!),
      product(batch * tokens!, 4 * width!, width!),
    ]),
  ),
]

export const quickShapes = [product(256, 256, 256)]

/** Prints what every tile reaches, the fastest first. */
export async function printProducts(
  device: Device,
  dtype: 'f32' | 'f16',
  shapes: readonly Omit<GemmShape, 'a' | 'b'>[],
): Promise<void> {
  console.log('GFLOP/s of products')
  for (const one of shapes) {
    const shape = { ...one, a: dtype, b: dtype }
    const tiles = fittingTiles(device.gpu.limits, shape, device.matrix)
    const times = await gemmTimes(device, shape, tiles)
    const flops = 2 * one.rows * one.inner * one.columns[0]!
    const cells = tiles
      .map((tile, i) => ({ name: tileName(tile), rate: flops / times[i]! / 1e6 }))
      .sort((a, b) => b.rate - a.rate)
      .map(({ name, rate }) => `${name} ${rate.toFixed(rate < 100 ? 1 : 0)}`)
    console.log(`${one.rows} x ${one.inner} x ${one.columns}: ${cells.join(', ')}`)
  }
}
