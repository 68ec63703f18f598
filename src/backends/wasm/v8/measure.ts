import { platform } from '#platform'
import type { Build, KernelUse } from '../builds/builds.ts'
import { whileFusing } from './compile.ts'
import { recall, remember } from './measured.ts'
import type { Pair } from './narrow.ts'
import { prepareTrial, type Trial } from './trial.ts'

/** The wide kernels must be at least this much faster to be chosen. */
const MIN_GAIN = 1.15

/** The longest warm-up, in milliseconds. */
const MAX_WARM_UP = 400

/** Warm-up ends when no kernel became faster for this long, in milliseconds. */
const SETTLED = { narrow: 20, wide: 100 }

/** With this gain the products are certainly fused, and warm-up can end early. */
const CLEAR_GAIN = 1.5

/** Interleaved measurements at the end. The shortest counts, since interference only adds time. */
const ROUNDS = 5

/** Whether to use the wide build, and why. */
export interface Verdict {
  readonly use: boolean
  readonly reason: string
}

/** The narrow kernels' checksum and times, to compare the wide kernels with. */
interface Narrow {
  readonly checksum: number
  times(): readonly number[] | Promise<readonly number[]>
}

/** Compares both builds. */
export async function measure(pair: Pair, of: KernelUse): Promise<Verdict> {
  const known = await recall(pair.narrow, of)
  const soon = known && (await compare({ ...known, times: () => known.times }, pair.wide, of))
  // A rejection is measured again: the notes may be from another machine that reports the same name.
  if (soon?.use) return soon
  // The narrow kernels run first, before the flag is set; with it they would be partly fused.
  const trial = await prepareTrial(pair.narrow, of)
  const checksum = await trial.checksum()
  let times = await warmUp(trial, SETTLED.narrow, async () => false)
  const verdict = await compare(
    {
      checksum,
      // On a busy machine they may become fast only later, so measure again.
      times: async () => (times = least(times, await trial.times())),
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
    return warmUp(wide, SETTLED.wide, async (times) => {
      // A training program has more kernels than are timed one by one; all are fast when it gets no faster.
      if (of.training) return false
      const before = await narrow.times()
      const products = leastGain(before, times.slice(0, wide.products))
      return products > CLEAR_GAIN && leastGain(before, times) > MIN_GAIN
    })
  })
  for (let i = 0; i < ROUNDS; i++) {
    await narrow.times()
    best = least(best, await wide.times())
  }
  // The products decide. They dominate, and shorter kernels are timed poorly on a busy machine.
  const gain = leastGain(await narrow.times(), best.slice(0, wide.products))
  if (!(gain >= MIN_GAIN)) {
    return { use: false, reason: 'V8’s 256-bit pass is not faster on this machine' }
  }
  if ((await wide.checksum()) !== narrow.checksum) {
    return { use: false, reason: 'the 256-bit kernels gave different bits than the narrow' }
  }
  return {
    use: true,
    reason: `256 bits through V8’s experimental pass, measured ${gain.toFixed(1)}x as fast as 128`,
  }
}

/** Runs kernels until they are `done` or have not become faster for a while. Returns the shortest times. */
async function warmUp(
  trial: Trial,
  settled: number,
  done: (times: readonly number[]) => Promise<boolean>,
): Promise<readonly number[]> {
  const start = performance.now()
  let best = await trial.times()
  for (let now = start, changed = start; now - changed < settled && now - start < MAX_WARM_UP; ) {
    // The optimising compiler is a background thread and may need this core.
    await platform.yield()
    const times = await trial.times()
    now = performance.now()
    if (times.some((time, i) => time < 0.8 * best[i]!)) changed = now
    best = least(best, times)
    if (await done(best)) {
      // Also runs the kernels that are too short to time, so that they are optimised.
      await trial.checksum()
      break
    }
  }
  return best
}

/** The element-wise minimum. */
const least = (a: readonly number[], b: readonly number[]) => a.map((t, i) => Math.min(t, b[i]!))

/** The smallest gain of all measured kernels. */
const leastGain = (narrow: readonly number[], wide: readonly number[]) =>
  Math.min(...wide.map((time, i) => narrow[i]! / time))
