import { ArgumentError, DisposedError, GpuError } from '../../../errors.ts'
import type { Program } from '../../../program/program.ts'
import type { Weight } from '../../../program/values.ts'
import type { Executable, Model } from '../../backend.ts'
import { checkImages } from '../../inputs.ts'
import { requireApart, trainingWeights } from '../../training-weights.ts'
import { checkWeights } from '../../weights.ts'
import { BatchedExecutable } from '../executable.ts'
import { type Opened, Residency } from '../residency.ts'
import { lowerTraining } from './lower/lower.ts'
import { readWeight } from './read.ts'

/**
 * Creates a model that is trained. Its weights live on one device. If that is lost, everything fails with a GpuError:
 * another device would have the weights of the checkpoint, not what was trained.
 * @param batch the most images of inference that are computed in one pass
 */
export function createWebgpuTrainingModel(
  opened: Opened,
  weights: readonly Weight[],
  batch: number,
): Model {
  const { device } = opened
  // Without a refill it never moves to another device.
  const residency = new Residency(opened, weights, 'f32', async () => opened, undefined)
  const byName = new Map(weights.map((weight) => [weight.name, weight]))
  const executables: BatchedExecutable[] = []
  /** Runs of training that have not ended. */
  let active = 0
  let disposed = false

  function requireAlive(): void {
    if (disposed) throw new DisposedError('The model')
    if (device.lost) throw lostBy(device.lost)
  }

  /** Work on the device, which fails with what to do where the device is lost meanwhile. */
  async function onDevice<T>(work: () => Promise<T>): Promise<T> {
    requireAlive()
    try {
      return await work()
    } catch (error) {
      throw device.lost && !disposed ? lostBy(device.lost) : error
    }
  }

  /** Runs of an executable of this model, counted by `count` while they last. */
  function guarded(made: BatchedExecutable, count = (_: number) => {}): Executable {
    executables.push(made)
    return {
      async run(inputs, options) {
        count(1)
        try {
          return await onDevice(() => made.run(inputs, options))
        } finally {
          count(-1)
        }
      },
    }
  }

  return {
    write(name, region, start, values) {
      requireAlive()
      if (active > 0) {
        throw new ArgumentError(
          `${name} is written while the model is trained; await the run first.`,
        )
      }
      residency.store.write(name, region, start, values)
    },

    async read(name) {
      const weight = byName.get(name)
      if (!weight) throw new ArgumentError(`This model has no weight ${JSON.stringify(name)}.`)
      return onDevice(async () => {
        await residency.ready
        return readWeight(device, residency.store.buffer(name), weight)
      })
    },

    compile(program, options) {
      checkWeights(program, weights)
      return guarded(new BatchedExecutable(residency, program, checkImages(options), batch))
    },

    compileTraining(program, options) {
      const { read, updated } = trainingWeights(program, weights)
      requireApart(read, updated)
      const images = checkImages(options)
      // Runs are not batched: each changes weights.
      const some = program as unknown as Program
      return guarded(
        new BatchedExecutable(residency, some, images, images, lowerTraining),
        (change) => {
          active += change
        },
      )
    },

    dispose() {
      disposed = true
      for (const executable of executables) executable.dispose()
      residency.close()
    },
  }
}

/** What was trained is not in the checkpoint, so the model can't be loaded again. */
const lostBy = (cause: GpuError) =>
  new GpuError(
    `${cause.message} What was trained since the last saved state is lost with it: go on from that state.`,
    { cause },
  )
