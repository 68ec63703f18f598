import { platform } from '#platform'
import type { Dtype } from '../backend.ts'
import { setFlags } from './compile.ts'
import { engineFeatures } from './features.ts'
import { type Build, builds, FUSE, type KernelUse } from './kernels.ts'
import { prepareTrial } from './trial.ts'

/**
 * 256 bits from 128-bit WebAssembly: an experimental pass of V8 fuses pairs of neighbouring SIMD
 * operations into one AVX2 operation when it optimises a function, and does so only while its flag is
 * set. So the flag is set while our kernels are compiled, and cleared again, all in one synchronous
 * call. Other people's wasm that threads happen to optimise in those milliseconds is fused as well: the
 * pass does not change results by a bit. For ours that is checked, and so is that it is faster.
 */

/** V8 versions on which the project's tests have run with the flag. */
const TESTED_V8 = ['13.6', '14.6']

/** How much faster the wide kernel must be to be chosen. */
const LEAST_GAIN = 1.15

/** Times that both are measured, in turns. The least counts: what is in the way only slows down. */
const ROUNDS = 10

export interface WideChoice {
  readonly use: boolean
  /** The kernels that come of it. */
  readonly build: Build
  readonly reason: string
}

/**
 * What is chosen between. Whether a relaxed multiply-add is fused is the machine's choice; int16 gives
 * the same bits everywhere, so it leaves relaxed SIMD alone.
 */
interface Pair {
  readonly narrow: Build
  readonly wide: Build
}

function pairOf(dtype: Dtype): Pair {
  const named = (name: string) => builds.find((build) => build.name === name)!
  const dot = dtype === 'int8' && engineFeatures().dot === 'native'
  const kind = dtype === 'int16' ? 'simd' : dot ? 'dot' : 'relaxed'
  return { narrow: named(`${kind}8`), wide: named(`${kind}16`) }
}

const choices = new Map<string, Promise<WideChoice>>()

/**
 * Whether the 256-bit kernels are used, and why. The measurement is made once per process and use:
 * what is optimised here, all threads have.
 */
export async function chooseWide(wanted: boolean | undefined, use: KernelUse): Promise<WideChoice> {
  const pair = pairOf(use.dtype)
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
    choice = measure(pair, use).then(
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

async function measure(pair: Pair, of: KernelUse): Promise<{ use: boolean; reason: string }> {
  const narrow = await prepareTrial(pair.narrow, of)
  const wide = await prepareTrial(pair.wide, { ...of, fused: true })
  let [narrowBest, wideBest] = [narrow.times(), wide.times()]
  for (let i = 1; i < ROUNDS; i++) {
    narrowBest = least(narrowBest, narrow.times())
    wideBest = least(wideBest, wide.times())
  }
  // Of the kinds of products the one that gains least.
  const gain = Math.min(...narrowBest.map((time, i) => time / wideBest[i]!))
  if (gain < LEAST_GAIN) {
    return { use: false, reason: 'V8’s 256-bit pass brings nothing on this machine' }
  }
  if (!sameBits(await narrow.answer(), await wide.answer())) {
    return { use: false, reason: 'the 256-bit kernels gave other bits than the narrow' }
  }
  return {
    use: true,
    reason: `256 bits through V8’s --${FUSE}, measured ${gain.toFixed(1)}x as fast as 128`,
  }
}

/** The smaller of each two times. */
const least = (a: readonly number[], b: readonly number[]) => a.map((t, i) => Math.min(t, b[i]!))

/** Runs what is to be fused; undefined where this engine fuses nothing. For measurements. */
export function withWideFlag(): ((action: () => Promise<void>) => Promise<void>) | undefined {
  if (findEngineObstacle() !== undefined) return undefined
  return async (action) => {
    const clear = setFlags([FUSE])
    try {
      await action()
    } finally {
      clear()
    }
  }
}

function sameBits(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((bits, i) => bits === b[i])
}
