import { platform } from '#platform'
import { UnsupportedError } from '../../errors.ts'
import { importOptional } from '../optional.ts'

/** The part of the npm package `webgpu` (Dawn) used here. */
interface Dawn {
  create(options: readonly string[]): GPU
}

/**
 * Dawn's instances by options. They live as long as the process: Node can hang if an instance is collected
 * before the objects it created.
 */
const instances = new Map<string, GPU>()

/**
 * The WebGPU entry point: the runtime's own in browsers and Deno; in Node that of the package `webgpu`.
 * @param dawn options for Node's
 * @throws UnsupportedError where there is none
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
