import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { openDevice } from '../../src/backends/webgpu/device.ts'
import { UnsupportedError } from '../../src/errors.ts'
import { modelShapes, printProducts, quickShapes } from './gpu/products.ts'
import { printSteps } from './gpu/steps.ts'

// What a GPU does, in one go: what it is, which tiles the products of the models like and what they reach, where the
// time of a forward goes, and then the models themselves on all engines.
//   npm run bench:gpu -- [arguments of vitrine bench, instead of the models below]
// The first parts alone, in less than two minutes:
//   npm run bench:gpu -- --products
//   npm run bench:gpu -- --steps [model batch ...]
// Or, without a GPU, what a forward costs on this side of one: CPU time, dispatches, bytes.
//   npm run bench:gpu -- --null-device [models]
// VITRINE_DAWN has options for Dawn, such as adapter=NVIDIA; a bogus name lists what there is.

const dawn = (process.env.VITRINE_DAWN ?? '').split(' ').filter(Boolean)
const quick = process.env.VITRINE_QUICK !== undefined

const [first, ...rest] = process.argv.slice(2)
if (first === '--null-device') {
  const { printNullDevice } = await import('./null-device/null-device.ts')
  await printNullDevice(rest.length > 0 ? rest : ['ViT-B_16'])
} else {
  const only = first === '--products' || first === '--steps' ? first : undefined
  const forwards = first === '--steps' && rest.length > 0 ? rest : defaultForwards()
  for (const options of [{ dtype: 'f32' }, { dtype: 'f16' }, { dtype: 'f16', matrices: true }]) {
    await kernels(options as Options, only, forwards)
  }
  if (!only) models()
}
// Dawn can keep the process alive.
process.exit()

interface Options {
  readonly dtype: 'f32' | 'f16'
  readonly matrices?: true
}

function defaultForwards(): string[] {
  if (quick) return ['ViT-Ti_16', '1']
  const [base, large] = ['ViT-B_16', 'ViT-L_16']
  return [base, '1', base, '32', large, '1', large, '32']
}

async function kernels(
  options: Options,
  only: string | undefined,
  forwards: readonly string[],
): Promise<void> {
  const { dtype, matrices } = options
  const title = matrices ? `${dtype}, matrices` : dtype
  try {
    const device = await openDevice({ ...options, dawn })
    console.log(`\n${device.name}, ${title}`)
    if (only !== '--steps') await printProducts(device, dtype, quick ? quickShapes : modelShapes)
    if (only !== '--products') {
      for (let i = 0; i < forwards.length; i += 2) {
        await printSteps(device, dtype, forwards[i]!, Number(forwards[i + 1] ?? 1))
      }
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
  const given = process.argv.slice(2)
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
