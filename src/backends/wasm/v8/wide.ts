import { platform } from '#platform'
import type { Dtype } from '../../backend.ts'
import { type Build, builds, type KernelUse } from '../builds/builds.ts'
import { engineFeatures } from '../builds/features.ts'
import { whileFusing } from './compile.ts'
import type { Pair } from './measure.ts'

/**
 * 256-bit SIMD from 128-bit WebAssembly. While its flag is set, an experimental pass of V8 fuses pairs of
 * adjacent SIMD operations into one AVX2 operation when it optimises a function. The flag is set only for
 * the milliseconds in which our kernels are optimised. Other wasm optimised in that time, on any thread of
 * the process, is fused too; the pass is designed not to change results. For our kernels we check that
 * results are bit-identical and that fusion is faster.
 */

/** V8 versions on which this project's tests pass with the flag. */
const TESTED_V8 = ['13.6', '14.6']

export interface WideChoice {
  readonly use: boolean
  /** The chosen kernels. */
  readonly build: Build
  readonly reason: string
}

async function pairOf(dtype: Dtype): Promise<Pair> {
  const named = (name: string) => builds.find((build) => build.name === name)!
  const dot = dtype === 'int8' && (await engineFeatures()).dot === 'native'
  const kind = dtype === 'int16' ? 'simd' : dot ? 'dot' : 'relaxed'
  return { narrow: named(`${kind}8`), wide: named(`${kind}16`) }
}

const choices = new Map<string, Promise<WideChoice>>()

/**
 * Decides whether to use the 256-bit kernels. They are measured once per process and use, since all threads
 * share optimised code. The times of the narrow kernels may come from an earlier process.
 */
export async function chooseWide(wanted: boolean | undefined, use: KernelUse): Promise<WideChoice> {
  const pair = await pairOf(use.dtype)
  const key = `${use.dtype} ${use.shared}`
  const narrow = (reason: string) => ({
    use: false,
    build: pair.narrow,
    reason: `128 bits: ${reason}`,
  })
  const obstacle = findObstacle(wanted)
  if (obstacle) return narrow(obstacle)
  let choice = choices.get(key)
  if (!choice) {
    choice = import('./measure.ts')
      .then(({ measure }) => measure(pair, use))
      .then(
        ({ use, reason }) => (use ? { use, build: pair.wide, reason } : narrow(reason)),
        (error: Error) => narrow(`trying 256 failed: ${error.message}`),
      )
    choices.set(key, choice)
  }
  return choice
}

function findObstacle(wanted: boolean | undefined): string | undefined {
  if (wanted === false) return 'turned off by the option wide'
  if (platform.environment('VITRINE_WIDE') === '0') return 'turned off by VITRINE_WIDE=0'
  return findEngineObstacle()
}

function findEngineObstacle(): string | undefined {
  const v8 = platform.v8
  if (!v8) return 'this runtime has no switch for V8’s 256-bit pass'
  if (v8.architecture !== 'x64') return `there is nothing to fuse on ${v8.architecture}`
  if (!TESTED_V8.some((version) => v8.version.startsWith(`${version}.`))) {
    return `V8 ${v8.version} is not among the tested versions (${TESTED_V8.join(', ')})`
  }
  return undefined
}

/** `whileFusing`, or undefined where this engine does not fuse. For measurements. */
export function withWideFlag(): typeof whileFusing | undefined {
  return findEngineObstacle() === undefined ? whileFusing : undefined
}
