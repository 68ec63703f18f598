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
  const { count, blocking, reason } = await chooseThreads(options)
  const shared = count > 1
  // Workers start while kernels are chosen and weights are read.
  if (shared) scheduler.prepare(count, blocking)
  const { build, fused, description } = await chooseBuild(options, { dtype, shared })
  const module = await compileBuild(build, { shared, fused })
  const model = { dtype, shared, threads: count, blocking }
  return {
    name: 'wasm',
    description,
    threads: { count, reason },
    createModel: (weights) => createWasmModel(build, module, weights, scheduler, model),
  }
}
