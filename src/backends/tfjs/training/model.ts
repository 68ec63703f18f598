import { ArgumentError } from '../../../errors.ts'
import type { TrainingProgram } from '../../../program/training/operations.ts'
import type { Weight, WeightId } from '../../../program/values.ts'
import type { Executable, Model } from '../../backend.ts'
import { checkImages } from '../../inputs.ts'
import { trainingWeights } from '../../training-weights.ts'
import { checkWeights } from '../../weights.ts'
import type { Dialect } from '../dialects.ts'
import type { Values } from '../lower/lower.ts'
import { executable, executableOf, requireRoom } from '../model.ts'
import type { Tfjs } from '../tf.ts'
import { lowerTraining } from './lower/lower.ts'
import { TrainingStore } from './store.ts'

/**
 * Creates a model that is trained: a program's updates replace tensors of weights when a run is done, so a run that
 * fails or is stopped changes nothing.
 * @throws MemoryError where the weights exceed the memory of the backend
 */
export function createTfjsTrainingModel(
  tf: Tfjs,
  dialect: Dialect,
  weights: readonly Weight[],
): Model {
  requireRoom(dialect, weights)
  const store = new TrainingStore(tf, weights)
  const names = new Set(weights.map(({ name }) => name))
  /** Runs that have not ended; they look weights up as they go. */
  let active = 0

  const counted = ({ run }: Executable): Executable => ({
    async run(inputs, options) {
      active++
      try {
        return await run(inputs, options)
      } finally {
        active--
      }
    },
  })

  return {
    write(name, region, start, values) {
      if (active > 0) {
        throw new ArgumentError(`${name} is written while the model computes; await the run first.`)
      }
      store.write(name, region, start, values)
    },
    async read(name) {
      store.requireAlive()
      if (!names.has(name)) {
        throw new ArgumentError(`This model has no weight ${JSON.stringify(name)}.`)
      }
      return Float32Array.from(await store.tensor(name).data())
    },
    compile(program, options) {
      checkWeights(program, weights)
      return counted(executable(tf, dialect, program, store, checkImages(options)))
    },
    compileTraining(program, options) {
      trainingWeights(program, weights)
      return counted(trainingExecutable(tf, dialect, program, store, checkImages(options)))
    },
    dispose: () => store.dispose(),
  }
}

function trainingExecutable(
  tf: Tfjs,
  dialect: Dialect,
  program: TrainingProgram,
  store: TrainingStore,
  images: number,
): Executable {
  const weight = (id: WeightId) => store.tensor(program.weights[id]!.name)
  const steps = lowerTraining(tf, dialect, program, weight, images)
  return executableOf(tf, dialect, { program, steps, images }, store, (values) => {
    store.requireAlive()
    update(tf, program, store, values)
  })
}

/** Makes tensors of the run those of weights, and takes them out of its values. */
function update(
  tf: Tfjs,
  { updates, weights }: TrainingProgram,
  store: TrainingStore,
  values: Values,
): void {
  for (const { weight, value, adds } of updates) {
    const { name } = weights[weight]!
    const tensor = values.get(value)!
    if (adds) store.replace(name, tf.add(store.tensor(name), tensor))
    else {
      values.delete(value)
      store.replace(name, tensor)
    }
  }
}
