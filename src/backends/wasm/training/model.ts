import { ArgumentError } from '../../../errors.ts'
import type { Program } from '../../../program/program.ts'
import type { TrainingProgram } from '../../../program/training/operations.ts'
import type { Weight } from '../../../program/values.ts'
import type {
  CompileOptions,
  Executable,
  Inputs,
  Model,
  Outputs,
  RunOptions,
} from '../../backend.ts'
import { checkImages, checkInputs } from '../../inputs.ts'
import { requireApart, trainingWeights, usedWeights } from '../../training-weights.ts'
import { checkWeightsNamed } from '../../weights.ts'
import type { Build } from '../builds/builds.ts'
import { lower } from '../lower/lower.ts'
import { type ModelOptions, prepareJobs, startModel, submit } from '../model.ts'
import type { RunScheduler } from '../threads/queue.ts'
import type { Job } from '../threads/run.ts'
import { lowerTraining } from './lower/lower.ts'
import { readWeight } from './read.ts'
import { Turns } from './turns.ts'
import { Unfinished } from './unfinished.ts'
import { lowerSquares, lowerUpdate, numbersOf, placesIn, sumsOf } from './updates.ts'

/**
 * Creates a model that is trained. Programs of training write the weights that they update while they run, so that no
 * copy of them is made. They run alone; other programs, and `read`, wait for them and they for those.
 */
export function createTrainingModel(
  build: Build,
  module: WebAssembly.Module,
  weights: readonly Weight[],
  scheduler: RunScheduler,
  options: ModelOptions,
): Model {
  const running = startModel(build, module, storedWeights(weights), options)
  const { store, alive } = running
  const turns = new Turns()
  const unfinished = new Unfinished(weights)
  /** Runs of training that have not ended. */
  let active = 0

  return {
    write(name, region, start, values) {
      if (active > 0) {
        throw new ArgumentError(
          `${name} is written while the model is trained; await the run first.`,
        )
      }
      store.write(alive(), name, region, start, values)
      unfinished.wrote(name, values.length)
    },

    read: (name) => turns.together(async () => read(name)),

    readNow(name) {
      if (active > 0) {
        throw new ArgumentError(`${name} is read while the model is trained; await the run first.`)
      }
      return read(name)
    },

    compile(program: Program, options?: CompileOptions): Executable {
      const read = usedWeights(program)
      checkWeightsNamed(read, weights)
      const images = checkImages(options)
      const names = read.map(({ name }) => name)
      const job = prepareJobs(running, (addresses) => lower(program, addresses, images))
      return {
        async run(inputs, options = {}) {
          checkInputs(program, inputs, images)
          return turns.together(() => {
            unfinished.require(names)
            return submitted(job(inputs), options).result
          })
        },
      }
    },

    compileTraining(program: TrainingProgram, options?: CompileOptions): Executable {
      const { read, updated } = trainingWeights(program, weights)
      requireApart(read, updated)
      const images = checkImages(options)
      const changed = updated.map(({ name }) => name)
      // Of a weight with several updates, the first decides whether it must be there before.
      const added = changed.filter(
        (name, i) => program.updates[i]!.adds && changed.indexOf(name) === i,
      )
      const needed = [...read.map(({ name }) => name), ...added]
      const job = prepareJobs(running, (addresses) => lowerTraining(program, addresses, images))
      return {
        async run(inputs, options = {}) {
          checkInputs(program, inputs, images)
          return alone(needed, changed, job, inputs, options)
        },
      }
    },

    compileUpdates(rule, updated) {
      const names = updated.flatMap(({ weight, state }) => [weight, ...state])
      const gradients = updated.map(({ gradient }) => gradient)
      const place = placesIn(store)
      const squares = prepareJobs(running, ({ arena }) => lowerSquares(updated, place, arena))
      const update = prepareJobs(running, ({ arena }) => lowerUpdate(rule, updated, place, arena))
      return {
        async squares() {
          return turns.together(async () => {
            unfinished.require(gradients)
            const { partial } = await submitted(squares({}), {}).result
            return sumsOf(updated, place, partial!)
          })
        },
        async apply(numbers) {
          const inputs = { numbers: numbersOf(rule, numbers) }
          await alone([...gradients, ...names], names, update, inputs, {})
        },
      }
    },

    dispose() {
      running.stop(scheduler)
    },
  }

  function read(name: string): Float32Array {
    const weight = weights.find((weight) => weight.name === name)
    if (!weight) throw new ArgumentError(`This model has no weight ${JSON.stringify(name)}.`)
    unfinished.require([name])
    return readWeight(alive().linear, store.address(name), weight, build.panel)
  }

  /** A run that changes weights. */
  async function alone(
    needed: readonly string[],
    changed: readonly string[],
    job: (inputs: Inputs) => Job,
    inputs: Inputs,
    options: RunOptions,
  ): Promise<Outputs> {
    let outputs: Promise<Outputs> | undefined
    active++
    const done = turns.alone(async () => {
      unfinished.require(needed)
      const { result, ended, begun } = submitted(job(inputs), options)
      outputs = result
      const succeeded = await result.then(
        () => true,
        () => false,
      )
      // A run that was stopped may still be computing.
      if (begun()) unfinished.mark(changed, succeeded, await ended)
    })
    try {
      await done
    } finally {
      active--
    }
    return outputs!
  }

  /** Queues a run, and tells when no thread uses its memory any more, and whether one was lost. */
  function submitted(job: Job, options: RunOptions) {
    let hasBegun = false
    let end: ((isLost: boolean) => void) | undefined
    const ended = new Promise<boolean>((resolve) => {
      end = resolve
    })
    const watched: Job = {
      ...job,
      begin() {
        const memory = job.begin()
        hasBegun ||= memory !== undefined
        return memory
      },
      end(memory, damage) {
        job.end(memory, damage)
        end!(damage !== undefined)
      },
    }
    const result = submit(alive(), scheduler, watched, options)
    return { result, ended, begun: () => hasBegun }
  }
}

/** What a model that is trained stores. */
export const storedWeights = (weights: readonly Weight[]): readonly Weight[] => [
  ...weights,
  transposedBias(weights),
]

/**
 * A weight that stays 0. Products with transposed kernels have as many columns as those have rows, and the store keeps
 * zeros for the widest of its weights.
 */
const transposedBias = (weights: readonly Weight[]): Weight => {
  const rows = weights.map(({ role, shape }) => (role === 'kernel' ? shape[0] : 1))
  return {
    name: '',
    shape: [1, rows.reduce((most, count) => Math.max(most, count), 1)],
    role: 'vector',
  }
}
