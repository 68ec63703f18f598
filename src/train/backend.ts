import type { Backend } from '../backends/backend.ts'
import { UnsupportedError } from '../errors.ts'
import type { LoadOptions } from '../load-options.ts'

/**
 * What computes gradients. Another backend than the one that is asked for never takes its place: a run would go on for
 * hours where minutes are meant.
 * @throws UnsupportedError for backends and types that do not train, and for backends that do not run here
 */
export async function openTrainingBackend({
  backend = 'wasm',
  dtype = 'f32',
  webgpu,
  tfjs,
  ...options
}: LoadOptions): Promise<Backend> {
  if (dtype !== 'f32') {
    throw new UnsupportedError(
      `Training computes in f32, not in ${dtype}; convert the trained model to it.`,
    )
  }
  switch (backend) {
    case 'wasm':
      return (await import('../backends/wasm/training/backend.ts')).createWasmTrainingBackend(
        options,
      )
    case 'webgpu':
      return (await import('../backends/webgpu/training/backend.ts')).createWebgpuTrainingBackend(
        webgpu,
      )
    case 'tfjs':
      return (await import('../backends/tfjs/training/backend.ts')).createTfjsTrainingBackend(tfjs)
    case 'reference':
      return (await import('../backends/reference/reference.ts')).referenceBackend
    default:
      throw new UnsupportedError(
        `The backend ${backend} does not train; wasm, webgpu and tfjs do, and reference, slowly.`,
      )
  }
}
