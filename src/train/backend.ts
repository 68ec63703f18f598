import type { Backend } from '../backends/backend.ts'
import { UnsupportedError } from '../errors.ts'
import type { LoadOptions } from '../load-options.ts'

/**
 * What computes gradients.
 * @throws UnsupportedError for backends and types that do not train
 */
export async function openTrainingBackend({
  backend = 'wasm',
  dtype = 'f32',
  ...options
}: LoadOptions): Promise<Backend> {
  if (dtype !== 'f32') {
    throw new UnsupportedError(
      `Training computes in f32, not in ${dtype}; convert the trained model to it.`,
    )
  }
  if (backend === 'reference') {
    return (await import('../backends/reference/reference.ts')).referenceBackend
  }
  if (backend !== 'wasm') {
    throw new UnsupportedError(
      `The backend ${backend} does not train; wasm does, and reference, slowly.`,
    )
  }
  const { createWasmTrainingBackend } = await import('../backends/wasm/training/backend.ts')
  return createWasmTrainingBackend(options)
}
