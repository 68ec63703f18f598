import { UnsupportedError } from '../../../errors.ts'
import type { Backend } from '../../backend.ts'
import { chooseBuild } from '../builds/choose.ts'
import type { WasmOptions } from '../options.ts'
import { chooseThreads } from '../threads/choose.ts'
import { scheduler } from '../threads/scheduler.ts'
import { compileTrainingBuild } from './builds.ts'
import { trainingMemory } from './memory.ts'
import { createTrainingModel } from './model.ts'

/**
 * Creates the WebAssembly backend with kernels for training: its models also have `compileTraining` and `read`. These
 * kernels are larger than those of `createWasmBackend`, and only this function loads them.
 * @throws UnsupportedError for another type than f32, in edge runtimes, and where the engine has no WebAssembly SIMD
 */
export async function createWasmTrainingBackend(options: WasmOptions = {}): Promise<Backend> {
  const { dtype = 'f32' } = options
  if (dtype !== 'f32') {
    throw new UnsupportedError(
      `WebAssembly trains in f32, not in ${dtype}: leave out the option dtype.`,
    )
  }
  const { count, blocking, workers, reason } = await chooseThreads(options)
  const shared = workers
  // Workers start while kernels are chosen and weights are read.
  if (workers) scheduler.prepare({ threads: count, blocking, workers })
  const { build, fused, description } = await chooseBuild(options, {
    dtype,
    shared,
    training: true,
  })
  const module = await compileTrainingBuild(build, { shared, fused })
  const model = { dtype, shared, threads: count, blocking, workers }
  return {
    name: 'wasm',
    description: `training, ${description}`,
    threads: { count, reason },
    updates: true,
    trainingMemory: (...of) => trainingMemory(build, module, ...of, model),
    createModel: (weights) => createTrainingModel(build, module, weights, scheduler, model),
  }
}
