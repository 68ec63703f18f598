import { platform } from '#platform'
import { MemoryError } from '../../errors.ts'
import type { Program } from '../../program/program.ts'
import type { TrainingProgram } from '../../program/training/operations.ts'
import type { Weight, WeightId } from '../../program/values.ts'
import type { Executable, Model, RunOptions } from '../backend.ts'
import { checkImages, checkInputs } from '../inputs.ts'
import { checkWeights } from '../weights.ts'
import type { Dialect } from './dialects.ts'
import { inputTensors, lower, type Step, type Values } from './lower/lower.ts'
import { TensorStore } from './store.ts'
import type { Tfjs } from './tf.ts'

/**
 * Creates a model: weights as tensors, programs as TensorFlow.js calls.
 * @throws MemoryError where the weights exceed the memory of its backend
 */
export function createTfjsModel(tf: Tfjs, dialect: Dialect, weights: readonly Weight[]): Model {
  requireRoom(dialect, weights)
  const store = new TensorStore(tf, weights)
  return {
    write: (name, region, start, values) => store.write(name, region, start, values),
    compile(program, options) {
      checkWeights(program, weights)
      return executable(tf, dialect, program, store, checkImages(options))
    },
    dispose: () => store.dispose(),
  }
}

/** @throws MemoryError where the weights exceed the memory of the backend */
export function requireRoom(
  { mostBytes = Number.POSITIVE_INFINITY }: Dialect,
  weights: readonly Weight[],
): void {
  const bytes = weights.reduce((sum, { shape: [rows, columns] }) => sum + 4 * rows * columns, 0)
  if (bytes <= mostBytes) return
  throw new MemoryError(
    `The model has ${bytes} bytes of weights; this backend of TensorFlow.js can hold ${mostBytes}. Use its webgpu or cpu.`,
  )
}

/** A program of inference over the weights of a store. */
export function executable(
  tf: Tfjs,
  dialect: Dialect,
  program: Program,
  store: TensorStore,
  images: number,
): Executable {
  const weight = (id: WeightId) => store.tensor(program.weights[id]!.name)
  const steps = lower(tf, dialect, program, weight, images)
  return executableOf(tf, dialect, { program, steps, images }, store)
}

/** A program as steps, and for how many images. */
interface Lowered {
  readonly program: Program | TrainingProgram
  readonly steps: readonly Step[]
  readonly images: number
}

/**
 * Runs steps over the weights of a store.
 * @param finish is given the values once all of them are computed; those that it takes out it disposes of itself
 */
export function executableOf(
  tf: Tfjs,
  dialect: Dialect,
  { program, steps, images }: Lowered,
  store: TensorStore,
  finish: (values: Values) => void = () => {},
): Executable {
  return {
    async run(inputs, { signal, onStep }: RunOptions = {}) {
      store.requireAlive()
      checkInputs(program, inputs, images)
      signal?.throwIfAborted()
      const values = inputTensors(tf, program, inputs, images)
      try {
        for (const step of steps) {
          const start = performance.now()
          step.run(values)
          onStep?.(step.label, performance.now() - start)
          if (!dialect.computesHere) continue
          await platform.yield()
          signal?.throwIfAborted()
          store.requireAlive()
        }
        const outputs = await Promise.all(
          Object.entries(program.outputs).map(async ([name, id]) => {
            // Copied, since `data` may return the tensor's own memory.
            return [name, Float32Array.from(await values.get(id)!.data())] as const
          }),
        )
        signal?.throwIfAborted()
        finish(values)
        return Object.fromEntries(outputs)
      } finally {
        for (const tensor of values.values()) tensor.dispose()
      }
    },
  }
}
