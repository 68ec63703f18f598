import { platform } from '#platform'
import type { Dtype } from '../../backend.ts'
import { type Build, builds, type KernelUse } from '../builds/builds.ts'
import { engineFeatures } from '../builds/features.ts'
import { whileFusing } from './compile.ts'
import { recall, remember } from './measured.ts'
import { prepareTrial, type Trial } from './trial.ts'

/**
 * 256 bits from 128-bit WebAssembly: an experimental pass of V8 fuses pairs of neighbouring SIMD
 * operations into one AVX2 operation when it optimises a function, and does so only while its flag is
 * set. So the flag is set for the milliseconds in which our kernels are optimised, and cleared again.
 * Other people's wasm that is optimised in that time is fused as well, in every thread of the process:
 * the pass does not change results by a bit. For ours that is checked, and so is that it is faster.
 */

/** V8 versions on which the project's tests have run with the flag. */
const TESTED_V8 = ['13.6', '14.6']

/** How much faster the wide kernel must be to be chosen. */
const LEAST_GAIN = 1.15

/** How long a set of kernels may take to become fast, in milliseconds. */
const PATIENCE = 400

/** How long after the last kernel that became faster no other is expected to: by itself; fused. */
const SETTLED = { narrow: 20, wide: 100 }

/** A gain of products that shows that they are fused, so that nothing need be waited for. */
const CLEAR_GAIN = 1.5

/** Times that both are measured in turns in the end. The least counts: what is in the way only slows down. */
const ROUNDS = 5

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

type Verdict = Pick<WideChoice, 'use' | 'reason'>

const choices = new Map<string, Promise<WideChoice>>()

/**
 * Whether the 256-bit kernels are used, and why. They are measured once per process and use: what is
 * optimised here, all threads have. How fast the narrow kernels are, an earlier process may have noted.
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

/** The narrow kernels, against which the wide are held: what they answer, and how fast. */
interface Narrow {
  readonly checksum: number
  times(): readonly number[]
}

async function measure(pair: Pair, of: KernelUse): Promise<Verdict> {
  const known = await recall(pair.narrow, of)
  const soon = known && (await compare({ ...known, times: () => known.times }, pair.wide, of))
  // Notes from an engine or processor that calls itself the same and is another are not believed.
  if (soon?.use) return soon
  // The narrow kernels first, while the flag is not set: with it they would be fused too, in part.
  const trial = await prepareTrial(pair.narrow, of)
  const checksum = await trial.checksum()
  let times = await warmUp(trial, SETTLED.narrow, () => false)
  const verdict = await compare(
    {
      checksum,
      // On a busy machine they may become fast only later.
      times: () => (times = least(times, trial.times())),
    },
    pair.wide,
    of,
  )
  if (verdict.use) await remember(pair.narrow, of, { checksum, times })
  return verdict
}

async function compare(narrow: Narrow, build: Build, of: KernelUse): Promise<Verdict> {
  const wide = await prepareTrial(build, { ...of, fused: true })
  let best = await whileFusing(async () => {
    await wide.checksum()
    return warmUp(wide, SETTLED.wide, (times) => {
      const before = narrow.times()
      const products = leastGain(before, times.slice(0, wide.products))
      return products > CLEAR_GAIN && leastGain(before, times) > LEAST_GAIN
    })
  })
  for (let i = 0; i < ROUNDS; i++) {
    narrow.times()
    best = least(best, wide.times())
  }
  // The products decide: they are most of the time, and what is short is timed badly on a busy machine.
  const gain = leastGain(narrow.times(), best.slice(0, wide.products))
  if (!(gain >= LEAST_GAIN)) {
    return { use: false, reason: 'V8’s 256-bit pass brings nothing on this machine' }
  }
  if ((await wide.checksum()) !== narrow.checksum) {
    return { use: false, reason: 'the 256-bit kernels gave other bits than the narrow' }
  }
  return {
    use: true,
    reason: `256 bits through V8’s experimental pass, measured ${gain.toFixed(1)}x as fast as 128`,
  }
}

/** Runs kernels until they are `done` or `settled`, or patience is over. Returns the least times. */
async function warmUp(
  trial: Trial,
  settled: number,
  done: (times: readonly number[]) => boolean,
): Promise<readonly number[]> {
  const start = performance.now()
  let best = trial.times()
  for (let now = start, changed = start; now - changed < settled && now - start < PATIENCE; ) {
    // Optimised code comes from a background thread, which may need this one's core.
    await platform.yield()
    const times = trial.times()
    now = performance.now()
    if (times.some((time, i) => time < 0.8 * best[i]!)) changed = now
    best = least(best, times)
    if (done(best)) {
      // What is too short to be timed has run before, and is optimised by now or soon.
      await trial.checksum()
      break
    }
  }
  return best
}

/** The smaller of each two times. */
const least = (a: readonly number[], b: readonly number[]) => a.map((t, i) => Math.min(t, b[i]!))

/** How much faster the wide kernels are, of all that are timed the one that gains least. */
const leastGain = (narrow: readonly number[], wide: readonly number[]) =>
  Math.min(...wide.map((time, i) => narrow[i]! / time))

/** Runs what is to be fused; undefined where this engine fuses nothing. For measurements. */
export function withWideFlag(): typeof whileFusing | undefined {
  return findEngineObstacle() === undefined ? whileFusing : undefined
}
