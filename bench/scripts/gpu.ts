import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { openDevice } from '../../src/backends/webgpu/device.ts'
import { gemmTimes } from '../../src/backends/webgpu/measure.ts'
import { fittingTiles, type GemmShape, tileName } from '../../src/backends/webgpu/tiles.ts'
import { UnsupportedError } from '../../src/errors.ts'

// What a GPU does, in one go: what it is, what its large products reach (the ceiling), which tiles the
// products of the models like, and then the models themselves on all engines.
//   npm run bench:gpu -- [arguments of vitrine bench, instead of the models below]
// Or, without a GPU, what a forward costs on this side of one: CPU time, dispatches, bytes.
//   npm run bench:gpu -- --null-device [models]
// VITRINE_DAWN has options for Dawn, such as adapter=NVIDIA; a bogus name lists what there is.

const dawn = (process.env.VITRINE_DAWN ?? '').split(' ').filter(Boolean)
const quick = process.env.VITRINE_QUICK !== undefined
const square = quick ? 256 : 4096

const product = (rows: number, inner: number, columns: number) => ({
  rows,
  inner,
  columns: [columns],
})

/** The largest product, then those of the models at batch 1 and 32: tokens, then both sides of the MLP. */
const shapes: readonly Omit<GemmShape, 'a' | 'b'>[] = [
  product(square, square, square),
  ...(quick
    ? []
    : [
        [197, 768],
        [197, 1024],
        [257, 1280],
      ].flatMap(([tokens, width]) =>
        [1, 32].flatMap((batch) => [
          product(batch * tokens!, width!, width!),
          product(batch * tokens!, width!, 4 * width!),
          product(batch * tokens!, 4 * width!, width!),
        ]),
      )),
]

const given = process.argv.slice(2)
if (given[0] === '--null-device') {
  const { printNullDevice } = await import('./null-device/null-device.ts')
  await printNullDevice(given.length > 1 ? given.slice(1) : ['ViT-B_16'])
} else {
  await products({ dtype: 'f32' })
  await products({ dtype: 'f16' })
  await products({ dtype: 'f16', matrices: true })
  models()
}
// Dawn can keep the process alive.
process.exit()

async function products(options: { dtype: 'f32' | 'f16'; matrices?: true }): Promise<void> {
  const { dtype, matrices } = options
  const title = matrices ? `${dtype}, matrices` : dtype
  try {
    const device = await openDevice({ ...options, dawn })
    console.log(`\n${device.name}, ${title}`)
    for (const one of shapes) {
      const shape = { ...one, a: dtype, b: dtype }
      const [columns] = one.columns
      const tiles = fittingTiles(device.gpu.limits, shape, device.matrix)
      const times = await gemmTimes(device, shape, tiles)
      const cells = times.map((time, i) => {
        const rate = (2 * one.rows * one.inner * columns!) / time / 1e6
        return `${tileName(tiles[i]!)} ${rate.toFixed(rate < 100 ? 1 : 0)}`
      })
      console.log(`${one.rows} x ${one.inner} x ${columns}: ${cells.join(', ')} GFLOP/s`)
    }
    device.destroy()
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error
    console.log(`\n${title}: ${error.message}`)
  }
}

function models(): void {
  const own = 'webgpu,webgpu:f16,webgpu:f16:matrices'
  const others = 'tfjs-webgpu,ort-webgpu,ort-node-webgpu'
  const what =
    given.length > 0
      ? given
      : [
          ...['--models', 'ViT-B_16,ViT-L_16,ViT-H_14', '--batch', '1,32', '--threads', '1'],
          ...['--backends', `${own},${others}`, '--with', others],
          ...['--json', 'gpu.json', '--html', 'gpu.html'],
        ]
  const command = fileURLToPath(new URL('../../build/node/cli.js', import.meta.url))
  const { status } = spawnSync(process.execPath, [command, 'bench', ...what], { stdio: 'inherit' })
  process.exitCode = status ?? 1
}
