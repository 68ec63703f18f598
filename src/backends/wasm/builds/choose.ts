import { ArgumentError, UnsupportedError } from '../../../errors.ts'
import type { Dtype } from '../../backend.ts'
import type { WasmOptions } from '../options.ts'
import { type Build, builds, type KernelUse } from './builds.ts'
import { engineFeatures, requireFeatures } from './features.ts'

/** The narrow and the wide build to choose between, for engines that fuse to 256 bits. */
export interface Pair {
  readonly narrow: Build
  readonly wide: Build
}

/** The chosen kernels. */
export interface BuildChoice {
  readonly build: Build
  /** Whether V8 compiles them with 256-bit fusion; see v8/wide.ts. */
  readonly fused: boolean
  /** What was chosen and why, for people. */
  readonly description: string
}

/** The chosen build of a pair. */
export interface WidthChoice {
  /** Whether it is the wide one, fused. */
  readonly use: boolean
  readonly build: Build
  readonly reason: string
}

/** Chooses between the builds of a pair; `wanted` is the caller's option `wide`. */
type ChooseWidth = (wanted: boolean | undefined, use: KernelUse) => Promise<WidthChoice>

/**
 * int16 promises the same bits on every machine, so it does not use relaxed SIMD, whose rounding depends on the
 * machine.
 */
export function pairOf(dtype: Dtype): Pair {
  const dot = dtype === 'int8' && engineFeatures().dot === 'native'
  const kind = dtype === 'int16' ? 'simd' : dot ? 'dot' : 'relaxed'
  return { narrow: named(`${kind}8`), wide: named(`${kind}16`) }
}

/** The narrow build of a pair. */
export function narrowBecause(reason: string, dtype: Dtype): WidthChoice {
  return { use: false, build: pairOf(dtype).narrow, reason: `128 bits: ${reason}` }
}

/**
 * Chooses the kernels.
 * @throws UnsupportedError where the engine lacks what they need; ArgumentError for kernels that do not exist or
 *   do not have the type
 */
export async function chooseBuild(
  { kernels, wide }: WasmOptions,
  use: KernelUse,
  chooseWidth: ChooseWidth,
): Promise<BuildChoice> {
  const { dtype } = use
  const {
    build,
    use: fused,
    reason,
  } = kernels
    ? { build: named(kernels), use: false, reason: 'as asked for' }
    : dtype !== 'int16' && !engineFeatures().relaxed
      ? { build: named('simd8'), use: false, reason: 'this engine has no relaxed SIMD' }
      : await chooseWidth(wide, use)
  requireFeatures(build)
  if (dtype === 'int16' && build.relaxed) {
    throw new ArgumentError(`The kernels ${build.name} have no int16; simd8 and simd16 do.`)
  }
  const type = dtype === 'f32' ? '' : `${dtype}, `
  return { build, fused, description: `${type}${build.name}: ${reason}` }
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
