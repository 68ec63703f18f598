import { DisposedError } from '../../errors.ts'
import type { Weight } from '../../program/values.ts'
import type { Backend, Model, Refill } from '../backend.ts'
import { checkImages } from '../inputs.ts'
import { checkWeights } from '../weights.ts'
import { type Device, openDevice } from './device.ts'
import { BatchedExecutable } from './executable.ts'
import { Home, type Opened } from './home.ts'
import type { WebgpuBackendOptions } from './options.ts'
import { ForwardPass } from './pass.ts'
import { openPlacers } from './store.ts'

/** Images of a pass at most, where nobody says otherwise. */
const BATCH = 32

/**
 * Our own WGSL kernels on a GPU: the browser's, Deno's, or in Node that of the package `webgpu`.
 * @param first a device that is open already
 * @throws UnsupportedError where there is no WebGPU or no GPU, or it lacks what the options ask for
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
  const homes = new Set<Home>()

  /** All models of the backend move to the same device. */
  async function reopen(lost: Device): Promise<Opened> {
    if (opened.device !== lost) return opened
    reopening ??= open().finally(() => {
      reopening = undefined
    })
    opened = await reopening
    return opened
  }

  function createModel(weights: readonly Weight[], refill?: Refill): Model {
    const home = new Home(opened, weights, kernels, reopen, refill)
    homes.add(home)
    const executables: BatchedExecutable[] = []
    let disposed = false
    return {
      write(name, region, start, values) {
        if (disposed) throw new DisposedError('The model')
        home.store.write(name, region, start, values)
      },
      prepare(program) {
        const pass = new ForwardPass(home.device, home.store, program, kernels)
        const { tune = !home.device.isSoftware } = options
        // Who runs first waits for it, and is told what goes wrong.
        home.readyAfter(async () => {
          if (tune) for (const images of [1, Math.min(batch, pass.most)]) await pass.tune(images)
          await pass.prepare(1)
        })
      },
      compile(program, options) {
        checkWeights(program, weights)
        const images = checkImages(options)
        const executable = new BatchedExecutable(home, program, images, batch)
        executables.push(executable)
        return executable
      },
      dispose() {
        disposed = true
        for (const executable of executables) executable.dispose()
        home.close()
        homes.delete(home)
      },
    }
  }

  const { device } = opened
  const { matrix } = device
  const type = dtype === 'f32' ? '' : `${dtype}, `
  const software = device.isSoftware ? ', a CPU that plays a GPU' : ''
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
      for (const home of homes) home.close()
      opened.device.destroy()
    },
  }
}
