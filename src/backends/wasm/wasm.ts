import type { Backend } from '../backend.ts'
import { chooseBuild, requireDtype } from './builds/choose.ts'
import { compileBuild } from './builds/kernels.ts'
import { createWasmModel } from './model.ts'
import type { WasmOptions } from './options.ts'
import { chooseThreads } from './threads/choose.ts'
import { scheduler } from './threads/scheduler.ts'

export type { WasmOptions }

/**
 * Creates the WebAssembly backend: the SIMD kernels and tape interpreter of assembly/.
 * @throws UnsupportedError where the engine has no WebAssembly SIMD
 */
export async function createWasmBackend(options: WasmOptions = {}): Promise<Backend> {
  const { dtype = 'f32' } = options
  requireDtype(dtype)
  const { count, blocking, workers, reason } = await chooseThreads(options)
  // Only then several threads use the memory.
  const shared = workers
  // Workers start while kernels are chosen and weights are read.
  if (workers) scheduler.prepare({ threads: count, blocking, workers })
  const { build, fused, description } = await chooseBuild(options, { dtype, shared })
  const module = await compileBuild(build, { shared, fused })
  const model = { dtype, shared, threads: count, blocking, workers }
  return {
    name: 'wasm',
    description,
    threads: { count, reason },
    createModel: (weights) => createWasmModel(build, module, weights, scheduler, model),
  }
}
