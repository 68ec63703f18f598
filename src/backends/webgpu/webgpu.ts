import { DisposedError } from '../../errors.ts'
import type { Weight } from '../../program/values.ts'
import type { Backend, Model, Refill } from '../backend.ts'
import { checkImages } from '../inputs.ts'
import { checkWeights } from '../weights.ts'
import { type Device, openDevice } from './device.ts'
import { BatchedExecutable } from './executable.ts'
import type { WebgpuBackendOptions } from './options.ts'
import { ForwardPass } from './pass.ts'
import { type Opened, Residency } from './residency.ts'
import { openPlacers } from './store.ts'

/** The default for the most images per pass. */
const BATCH = 32

/**
 * Creates the WebGPU backend: WGSL kernels on the GPU of a browser or Deno, or in Node of the package
 * `webgpu`.
 * @param first an open device to use
 * @throws UnsupportedError where there is no WebGPU or no GPU, or it lacks a requested feature
 */
export async function createWebgpuBackend(
  options: WebgpuBackendOptions = {},
  first?: Device,
): Promise<Backend> {
  const { dtype = 'f32', batch = BATCH } = options
  const kernels = dtype === 'f16' ? 'f16' : 'f32'
  const open = async (given?: Device): Promise<Opened> => {
    const device = given ?? (await openDevice(options))
    return { device, placers: await openPlacers(device, kernels) }
  }
  let opened = await open(first)
  let reopening: Promise<Opened> | undefined
  const residencies = new Set<Residency>()

  /** Replaces a lost device; all models of the backend move to the same new one. */
  async function reopen(lost: Device): Promise<Opened> {
    if (opened.device !== lost) return opened
    reopening ??= open().finally(() => {
      reopening = undefined
    })
    opened = await reopening
    return opened
  }

  function createModel(weights: readonly Weight[], refill?: Refill): Model {
    const residency = new Residency(opened, weights, kernels, reopen, refill)
    residencies.add(residency)
    const executables: BatchedExecutable[] = []
    let disposed = false
    return {
      write(name, region, start, values) {
        if (disposed) throw new DisposedError('The model')
        residency.store.write(name, region, start, values)
      },
      prepare(program) {
        const pass = new ForwardPass(residency.device, residency.store, program, kernels)
        const { tune = !residency.device.isSoftware } = options
        // The first run awaits this and reports errors.
        residency.readyAfter(async () => {
          if (tune) await pass.tune(1, Math.min(batch, pass.most))
          await pass.prepare(1)
        })
      },
      compile(program, options) {
        checkWeights(program, weights)
        const images = checkImages(options)
        const executable = new BatchedExecutable(residency, program, images, batch)
        executables.push(executable)
        return executable
      },
      dispose() {
        disposed = true
        for (const executable of executables) executable.dispose()
        residency.close()
        residencies.delete(residency)
      },
    }
  }

  const { device } = opened
  const { matrix } = device
  const type = dtype === 'f32' ? '' : `${dtype}, `
  const software = device.isSoftware ? ', emulated on the CPU' : ''
  const size = matrix && `${matrix.rows}x${matrix.columns}x${matrix.inner}`
  const matrices = size ? `, matrices of ${size} where they are faster` : ''
  return {
    name: 'webgpu',
    description: `${type}${device.name}${software}: own kernels${matrices}, up to ${batch} images a pass`,
    dtype: kernels,
    together: batch,
    get device() {
      return opened.device.gpu
    },
    createModel,
    dispose() {
      for (const residency of residencies) residency.close()
      opened.device.destroy()
    },
  }
}
