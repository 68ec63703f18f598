import { ArgumentError, UnsupportedError } from '../../errors.ts'
import type { Backend, Dtype } from '../backend.ts'
import { type Build, builds, type KernelUse } from './builds/builds.ts'
import { engineFeatures, requireFeatures } from './builds/features.ts'
import { compileBuild } from './builds/kernels.ts'
import { createWasmModel } from './model.ts'
import { chooseThreads, type ThreadOptions } from './threads/choose.ts'
import { scheduler } from './threads/scheduler.ts'
import { chooseWide } from './v8/wide.ts'

export interface WasmOptions extends ThreadOptions {
  /** The number type of the linear layers; `f32` by default. */
  dtype?: Dtype | undefined
  /** Use these kernels instead of choosing the fastest. */
  kernels?: Build['name'] | undefined
  /**
   * Whether V8 may fuse pairs of 128-bit instructions into 256-bit ones (see v8/wide.ts). By default it does
   * where results are bit-identical and a short measurement shows a gain; `false`, or the environment
   * variable VITRINE_WIDE=0, turns it off.
   */
  wide?: boolean | undefined
}

/**
 * Creates the WebAssembly backend: the SIMD kernels and tape interpreter of assembly/.
 * @throws UnsupportedError where the engine has no WebAssembly SIMD
 */
export async function createWasmBackend(options: WasmOptions = {}): Promise<Backend> {
  const { dtype = 'f32' } = options
  if (dtype === 'f16')
    throw new UnsupportedError('WebAssembly has no f16; the webgpu backend may have it.')
  const { count, blocking, reason: threadReason } = await chooseThreads(options)
  const shared = count > 1
  // Workers start while kernels are chosen and weights are read.
  if (shared) scheduler.prepare(count, blocking)
  const { build, fused, reason } = await chooseBuild(options, { dtype, shared })
  await requireFeatures(build)
  if (dtype === 'int16' && build.relaxed) {
    throw new ArgumentError(`The kernels ${build.name} have no int16; simd8 and simd16 do.`)
  }
  const module = await compileBuild(build, { shared, fused })
  return {
    name: 'wasm',
    description: `${dtype === 'f32' ? '' : `${dtype}, `}${build.name}: ${reason}`,
    threads: { count, reason: threadReason },
    createModel: (weights) =>
      createWasmModel(build, module, weights, { dtype, shared, threads: count, blocking }),
  }
}

async function chooseBuild(
  options: WasmOptions,
  use: KernelUse,
): Promise<{ build: Build; fused: boolean; reason: string }> {
  const named = (name: Build['name']) => {
    const build = builds.find((build) => build.name === name)
    if (build) return build
    const known = builds.map(({ name }) => name).join(', ')
    throw new ArgumentError(`Unknown kernels ${JSON.stringify(name)}; the known ones are ${known}.`)
  }
  if (options.kernels) {
    return { build: named(options.kernels), fused: false, reason: 'as asked for' }
  }
  if (use.dtype !== 'int16' && !(await engineFeatures()).relaxed) {
    return { build: named('simd8'), fused: false, reason: 'this engine has no relaxed SIMD' }
  }
  const { build, use: fused, reason } = await chooseWide(options.wide, use)
  return { build, fused, reason }
}
