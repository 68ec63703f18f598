import { ArgumentError, UnsupportedError } from '../../../errors.ts'
import type { Dtype } from '../../backend.ts'
import type { WasmOptions } from '../options.ts'
import { findObstacle, narrowBecause, pairOf } from '../v8/narrow.ts'
import { type Build, builds, type KernelUse } from './builds.ts'
import { engineFeatures, requireFeatures } from './features.ts'

/** The chosen kernels. */
export interface BuildChoice {
  readonly build: Build
  /** Whether V8 compiles them with 256-bit fusion; see v8/wide.ts. */
  readonly fused: boolean
  /** What was chosen and why, for people. */
  readonly description: string
}

/**
 * Chooses the kernels.
 * @throws UnsupportedError where the engine lacks what they need; ArgumentError for kernels that do not exist or
 *   do not have the type
 */
export async function chooseBuild(options: WasmOptions, use: KernelUse): Promise<BuildChoice> {
  const { dtype } = use
  const { build, use: fused, reason } = await choose(options, use)
  await requireFeatures(build)
  if (dtype === 'int16' && build.relaxed) {
    throw new ArgumentError(`The kernels ${build.name} have no int16; simd8 and simd16 do.`)
  }
  const type = dtype === 'f32' ? '' : `${dtype}, `
  return { build, fused, description: `${type}${build.name}: ${reason}` }
}

async function choose({ kernels, wide }: WasmOptions, use: KernelUse) {
  if (kernels) return { build: named(kernels), use: false, reason: 'as asked for' }
  if (use.dtype !== 'int16' && !(await engineFeatures()).relaxed) {
    return { build: named('simd8'), use: false, reason: 'this engine has no relaxed SIMD' }
  }
  const obstacle = findObstacle(wide)
  if (obstacle) return narrowBecause(await pairOf(use.dtype), obstacle)
  return (await import('../v8/wide.ts')).chooseWide(wide, use)
}

/** @throws UnsupportedError for a type that WebAssembly does not have */
export function requireDtype(dtype: Dtype): void {
  if (dtype === 'f16') {
    throw new UnsupportedError('WebAssembly has no f16; the webgpu backend may have it.')
  }
}

function named(name: string): Build {
  const build = builds.find((build) => build.name === name)
  if (build) return build
  const known = builds.map(({ name }) => name).join(', ')
  throw new ArgumentError(`Unknown kernels ${JSON.stringify(name)}; the known ones are ${known}.`)
}
