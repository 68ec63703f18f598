import type { TrainingProgram } from '../../../program/training/operations.ts'
import type { Weight } from '../../../program/values.ts'
import type { TrainingMemory } from '../../backend.ts'
import type { Build } from '../builds/builds.ts'
import { instantiate } from '../builds/instance.ts'
import { firstArena } from '../memory/arenas.ts'
import { MAX_BYTES, PAGE } from '../memory/layout.ts'
import { LinearMemory } from '../memory/linear-memory.ts'
import { type ModelOptions, runBytes } from '../model.ts'
import { WeightStore } from '../weights/store.ts'
import { lowerTraining } from './lower/lower.ts'
import { storedWeights } from './model.ts'

/** What `createTrainingModel` and a run of the program would take: both are laid out, and nothing is allocated. */
export function trainingMemory(
  build: Build,
  module: WebAssembly.Module,
  weights: readonly Weight[],
  program: TrainingProgram,
  images: number,
  { shared = false, threads = 1 }: ModelOptions,
): TrainingMemory {
  const store = new WeightStore(build, storedWeights(weights), 'f32', nothingToQuantise)
  const arena = firstArena(store.end)
  const lowered = lowerTraining(
    program,
    {
      weight: (name) => store.address(name),
      quantization: () => undefined,
      zeros: store.zeros,
      build,
      arena,
    },
    images,
  )
  // The kernels know how much scratch memory they need; they are asked over a memory of their own.
  const kernels = instantiate(module, new LinearMemory(2 * PAGE, shared).memory)
  return { weights: arena, run: runBytes(kernels, lowered, threads).bytes, limit: MAX_BYTES }
}

const nothingToQuantise = () => {
  throw new Error('Weights that are trained are not quantised.')
}
