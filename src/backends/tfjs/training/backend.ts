import type { Backend } from '../../backend.ts'
import { createWebgpuTrainingBackend } from '../../webgpu/training/backend.ts'
import { openTfjs, type TfjsOptions } from '../tfjs.ts'
import { createTfjsTrainingModel } from './model.ts'

/**
 * Creates a backend that trains with TensorFlow.js 4, on any of its backends; on WebGPU with this package's kernels on
 * the device of TensorFlow.js, unless its own operations are asked for.
 * @throws UnsupportedError where TensorFlow.js is not installed, or none of its backends runs here
 */
export async function createTfjsTrainingBackend(options: TfjsOptions = {}): Promise<Backend> {
  const { tf, dialect, description, device } = await openTfjs(options)
  if (device) {
    const own = await createWebgpuTrainingBackend({ device })
    return { ...own, name: 'tfjs', description: `${description}; ${own.description}` }
  }
  return {
    name: 'tfjs',
    description: `training, ${description}`,
    createModel: (weights) => createTfjsTrainingModel(tf, dialect, weights),
  }
}
