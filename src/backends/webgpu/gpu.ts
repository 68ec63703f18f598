import { platform } from '#platform'
import { UnsupportedError } from '../../errors.ts'
import { importOptional } from '../optional.ts'

/** The little of the npm package `webgpu` (Dawn) that is used here. */
interface Dawn {
  create(options: readonly string[]): GPU
}

/**
 * Dawn's instances by their options, kept as long as the process: Node can hang where one is collected
 * before what it has made.
 */
const instances = new Map<string, GPU>()

/**
 * WebGPU's entry: the browser's or Deno's own; in Node that of the package `webgpu`, if it is installed.
 * @param dawn options for the latter
 * @throws UnsupportedError where there is none, saying what to do
 */
export async function findGpu(dawn: readonly string[] = []): Promise<GPU> {
  const own = globalThis.navigator?.gpu as GPU | undefined
  if (own) return own
  if (platform.name !== 'node') {
    const secure = globalThis.isSecureContext === false ? ' A page needs https for it.' : ''
    throw new UnsupportedError(`This runtime has no WebGPU.${secure}`)
  }
  const key = dawn.join(' ')
  let gpu = instances.get(key)
  if (!gpu) {
    const { create } = await importOptional<Dawn>('webgpu', 'npm install webgpu for GPUs in Node.')
    gpu = create(dawn)
    instances.set(key, gpu)
  }
  return gpu
}
