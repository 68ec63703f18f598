import { existsSync } from 'node:fs'
import { delimiter } from 'node:path'
import { test } from 'uvu'
import type { Backend } from '../../../src/backends/backend.ts'
import { openDevice } from '../../../src/backends/webgpu/device.ts'
import type { WebgpuBackendOptions } from '../../../src/backends/webgpu/options.ts'
import { createWebgpuBackend } from '../../../src/backends/webgpu/webgpu.ts'
import '../../software-gpus.ts'

// While Dawn waits it asks in every turn of the event loop, which takes a core from a GPU that is a program.
Object.assign(globalThis, { setImmediate: (ask: () => void) => setTimeout(ask, 1) })

/** GPUs that are programs: they compute right, and slowly. */
const software = [
  // Mesa's, which has f16 and compiles fast; .ci/run installs it.
  {
    name: 'llvmpipe',
    icds: [
      process.env.VITRINE_TEST_LAVAPIPE ?? '',
      '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json',
      '/usr/share/vulkan/icd.d/lvp_icd.json',
    ],
  },
  // Chromium's, which has neither f16 nor large tiles, and whose tanh overflows.
  { name: 'SwiftShader', icds: ['/usr/lib/chromium/vk_swiftshader_icd.json'] },
] as const

/** Vulkan's drivers for them that are here, by their ICD files. */
export const drivers = software.flatMap(({ name, icds }) => {
  const icd = icds.find((path) => existsSync(path))
  if (!icd) console.log(`skipping ${name}: none of ${icds.filter(Boolean).join(', ')} is here`)
  return icd ? [{ name, icd }] : []
})
// The loader reads it when the first instance is made.
process.env.VK_ICD_FILENAMES ??= drivers.map(({ icd }) => icd).join(delimiter)

export type AdapterName = (typeof software)[number]['name']

const toOptions = (name: AdapterName): WebgpuBackendOptions => ({ dawn: [`adapter=${name}`] })

/** The options that choose a software GPU; undefined where it does not run here, with the reason printed. */
async function probe(name: AdapterName): Promise<WebgpuBackendOptions | undefined> {
  if (!drivers.some((one) => one.name === name)) return undefined
  try {
    const device = await openDevice(toOptions(name))
    device.destroy()
    if (device.isSoftware) return toOptions(name)
    console.log(`skipping ${name}: its driver is here, but Dawn found ${device.name}`)
  } catch (error) {
    console.log(`skipping ${name}: ${(error as Error).message}`)
  }
  return undefined
}

export const lavapipe = await probe('llvmpipe')
export const swiftshader = await probe('SwiftShader')

/** Dawn without a GPU: it checks everything that is asked of it, and computes nothing. */
export const nullDevice: WebgpuBackendOptions = { dawn: ['backend=null'] }

/** A test on a software GPU, skipped where that does not run. */
export function gpuTest(
  options: WebgpuBackendOptions | undefined,
  name: string,
  run: (backend: Backend) => Promise<void>,
): void {
  if (!options) return void test.skip(name, () => {})
  test(name, async () => {
    const backend = await createWebgpuBackend(options)
    try {
      await run(backend)
    } finally {
      backend.dispose!()
    }
  })
}
