import { platform } from '#platform'
import { builds } from './kernels.ts'
import { prepareWarmUp, type WarmUp } from './warmup.ts'

/**
 * 256 bits from 128-bit WebAssembly: an experimental pass of V8 fuses pairs of neighbouring SIMD
 * operations into one AVX2 operation when it optimises a function, and does so only while its flag is
 * set. So the flag is set while our kernels warm up, for some tens of milliseconds, and cleared again.
 * Other people's wasm that is optimised in that time is fused as well, in every thread of the process:
 * the pass does not change results by a bit. For ours that is checked, and so is that it is faster.
 */
const FLAG = 'experimental-wasm-revectorize'

/** V8 versions on which the project's tests have run with the flag. */
const TESTED_V8 = ['13.6', '14.6']

/** How much faster the wide kernel must be to be chosen. */
const LEAST_GAIN = 1.15

/** How long either set of kernels may take to become fast, in milliseconds. */
const PATIENCE = 400

/** Rounds in which a kernel has not become faster, after which it will not. */
const STEADY_ROUNDS = 3

export interface WideChoice {
  readonly use: boolean
  readonly reason: string
}

const choices = new Map<boolean, Promise<WideChoice>>()

/**
 * Whether the 256-bit kernels are used, and why. The measurement is made once per process.
 * @param shared of the kernels for a memory that threads share: what is optimised here, all threads have
 */
export async function chooseWide(wanted: boolean | undefined, shared = false): Promise<WideChoice> {
  const obstacle = findObstacle(wanted)
  if (obstacle) return { use: false, reason: `128 bits: ${obstacle}` }
  let choice = choices.get(shared)
  if (!choice) {
    choice = measure(shared).catch((error: Error) => ({
      use: false,
      reason: `128 bits: trying 256 failed: ${error.message}`,
    }))
    choices.set(shared, choice)
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

async function measure(shared: boolean): Promise<WideChoice> {
  const prepare = (name: string) =>
    prepareWarmUp(builds.find((build) => build.name === name)!, shared)
  // The narrow kernels first, while the flag is not set: with it they would be fused too, in part.
  const narrow = await prepare('relaxed8')
  const narrowTime = await warmUp(narrow, () => false)
  const wide = await prepare('relaxed16')
  await withFlag(() => warmUp(wide, (time) => narrowTime / time > LEAST_GAIN))

  // Both are warm now; which is faster shows side by side.
  let [narrowBest, wideBest] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let i = 0; i < 20; i++) {
    narrowBest = Math.min(narrowBest, narrow.time())
    wideBest = Math.min(wideBest, wide.time())
  }
  const gain = narrowBest / wideBest
  if (gain < LEAST_GAIN) {
    return { use: false, reason: '128 bits: V8’s 256-bit pass brings nothing on this machine' }
  }
  if (!sameBits(await narrow.answer(), await wide.answer())) {
    return { use: false, reason: '128 bits: the 256-bit kernels gave other bits than the narrow' }
  }
  return {
    use: true,
    reason: `256 bits through V8’s --${FLAG}, measured ${gain.toFixed(1)}x as fast as 128`,
  }
}

/** Runs what is to be fused; undefined where this engine fuses nothing. For measurements. */
export function withWideFlag(): typeof withFlag | undefined {
  return findEngineObstacle() === undefined ? withFlag : undefined
}

async function withFlag(action: () => Promise<unknown>): Promise<void> {
  const v8 = platform.v8!
  // Who started the process with the flag keeps it.
  if (v8.startedWith(FLAG)) return void (await action())
  v8.setFlag(`--${FLAG}`)
  try {
    await action()
  } finally {
    v8.setFlag(`--no-${FLAG}`)
  }
}

/**
 * Runs kernels until they are `done`, or no longer become faster, or patience is over. Returns the
 * time of the micro-kernel in the last round.
 */
async function warmUp(kernels: WarmUp, done: (time: number) => boolean): Promise<number> {
  const start = performance.now()
  let best = Number.POSITIVE_INFINITY
  for (let steady = 0; ; ) {
    let time = Number.POSITIVE_INFINITY
    for (let i = 0; i < 10; i++) {
      await kernels.run()
      time = Math.min(time, kernels.time())
    }
    steady = time > 0.9 * best ? steady + 1 : 0
    best = Math.min(best, time)
    if (done(time) || steady === STEADY_ROUNDS || performance.now() - start > PATIENCE) return best
    // Optimised code comes from a background thread, which may need this one's core.
    await platform.yield()
  }
}

function sameBits(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((bits, i) => bits === b[i])
}
