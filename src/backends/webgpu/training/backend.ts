import { UnsupportedError } from '../../../errors.ts'
import type { Backend } from '../../backend.ts'
import { type Device, openDevice } from '../device.ts'
import type { WebgpuBackendOptions } from '../options.ts'
import { openPlacers } from '../store.ts'
import { createWebgpuTrainingModel } from './model.ts'

/** Images of inference in one pass: passes of evaluations are beside buffers of training. */
const BATCH = 16

/**
 * Creates the WebGPU backend with kernels for training: its models also have `compileTraining` and `read`. It computes
 * in f32, and trains ViTs and Mixers.
 * @param first an open device to use
 * @throws UnsupportedError for another type than f32, and where there is no WebGPU or no GPU
 */
export async function createWebgpuTrainingBackend(
  options: WebgpuBackendOptions = {},
  first?: Device,
): Promise<Backend> {
  const { dtype = 'f32', batch = BATCH } = options
  if (dtype !== 'f32') {
    throw new UnsupportedError(`WebGPU trains in f32, not in ${dtype}: leave out the option dtype.`)
  }
  const device = first ?? (await openDevice(options))
  const opened = { device, placers: await openPlacers(device, 'f32') }
  const software = device.isSoftware ? ', emulated on the CPU' : ''
  return {
    name: 'webgpu',
    description: `training, ${device.name}${software}: own kernels`,
    dtype: 'f32',
    together: batch,
    device: device.gpu,
    createModel: (weights) => createWebgpuTrainingModel(opened, weights, batch),
    dispose: () => device.destroy(),
  }
}
