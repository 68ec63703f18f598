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

/** What to do when the device is gone; what was trained is not in the checkpoint. */
const ADVICE = 'What was trained since the last saved state is lost with it: go on from that state.'

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
  const never = () => Promise.reject(device.lost)
  const residency = new Residency(opened, weights, 'f32', never, undefined, ADVICE)
  const byName = new Map(weights.map((weight) => [weight.name, weight]))
  const executables: BatchedExecutable[] = []
  /** Runs of training that have not ended. */
  let active = 0
  let disposed = false

  function requireAlive(): void {
    if (disposed) throw new DisposedError('The model')
    if (device.lost) throw new GpuError(`${device.lost.message} ${ADVICE}`)
  }

  function added(executable: BatchedExecutable): BatchedExecutable {
    executables.push(executable)
    return executable
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
      requireAlive()
      const weight = byName.get(name)
      if (!weight) throw new ArgumentError(`This model has no weight ${JSON.stringify(name)}.`)
      await residency.ready
      return readWeight(device, residency.store.buffer(name), weight)
    },

    compile(program, options): Executable {
      checkWeights(program, weights)
      return added(new BatchedExecutable(residency, program, checkImages(options), batch))
    },

    compileTraining(program, options): Executable {
      const { read, updated } = trainingWeights(program, weights)
      requireApart(read, updated)
      const images = checkImages(options)
      // Runs are not batched: each changes weights.
      const executable = added(
        new BatchedExecutable(
          residency,
          program as unknown as Program,
          images,
          images,
          lowerTraining,
        ),
      )
      return {
        async run(inputs, options) {
          active++
          try {
            return await executable.run(inputs, options)
          } finally {
            active--
          }
        },
      }
    },

    dispose() {
      disposed = true
      for (const executable of executables) executable.dispose()
      residency.close()
    },
  }
}
