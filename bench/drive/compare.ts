import type { Case } from '../cases/case.ts'
import type { Dtype } from '../engine/peer.ts'
import type { Engine, Loaded } from '../engine/protocol.ts'
import { type EngineSpec, engineId } from '../engine/spec.ts'
import type { Settings } from '../report/report.ts'
import { agreement } from './agreement.ts'
import { NOISY } from './calibration.ts'
import { EngineError } from './errors.ts'

/** What a comparison needs of the place where it runs: processes in Node, frames in a page. */
export interface Host {
  /** Writes the model for an engine and starts it. Throws an {@link EngineError} where it can't. */
  open(bench: Case, engine: EngineSpec): Promise<Engine>
  /** How fast the machine is right now, as a share of the fastest that was ever seen here. */
  calibrate(): Promise<number>
  /** Removes the files of a case. */
  clear(bench: Case): Promise<void>
}

export interface Plan {
  readonly bench: Case
  readonly engines: readonly EngineSpec[]
  readonly settings: Settings
  readonly signal: AbortSignal
  /** Told what happens next, and what is known so far. */
  readonly onProgress: (doing: string, state: Comparison) => void
}

/** What is known of an engine while it is measured. */
export interface Progress {
  readonly engine: EngineSpec
  readonly loaded?: Loaded
  readonly difference?: number
  readonly warmRuns?: number
  readonly peakBytes?: number | undefined
  readonly wall: number[][]
  readonly cpu: number[]
  readonly failure?: { readonly status: EngineError['status']; readonly reason: string }
}

/** Everything measured of one case, at any moment. */
export interface Comparison {
  readonly engines: readonly Progress[]
  readonly calibration: readonly (readonly number[])[]
  readonly noisyRounds: number
}

/** Rounds that are run again for noise, as a share of those asked for. */
const PATIENCE = 0.5

/** Fewest counted runs of a turn, however slow the engine. */
const LEAST_RUNS = 2

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/**
 * One case on all engines: starts each alone, checks that they compute the same, warms them up, and
 * then lets them run in turn, A B C A B C, so that what slows the machine for a while slows all.
 * An engine that fails is out, and the reason kept; the others go on. Where the signal says stop,
 * what was measured until then is returned.
 */
export async function compare(plan: Plan, host: Host): Promise<Comparison> {
  const { bench, settings, signal } = plan
  const running = new Map<Mutable<Progress>, Engine>()
  const engines: Mutable<Progress>[] = plan.engines.map((engine) => ({ engine, wall: [], cpu: [] }))
  const calibration: number[][] = []
  let noisyRounds = 0
  const state = (): Comparison => ({ engines, calibration, noisyRounds })
  const say = (doing: string) => plan.onProgress(doing, state())
  const stop = () => {
    for (const engine of running.values()) engine.kill()
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    for (const one of engines) {
      if (signal.aborted) break
      say(`loading ${engineId(one.engine)}`)
      await attempt(one, async () => {
        const engine = await host.open(bench, one.engine)
        running.set(one, engine)
        one.loaded = await engine.loaded()
      })
    }
    judge()
    if (bench.level === 'cold') await coldRounds()
    else await warmRounds()
    for (const [one, engine] of running) {
      await attempt(one, async () => {
        one.peakBytes = (await engine.finish()).peakBytes
      })
    }
    return state()
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
    await host.clear(bench)
  }

  /** Compares the outputs. An engine that disagrees is not timed. */
  function judge(): void {
    const outputs = [...running.keys()].map((one) => ({
      key: one,
      values: one.loaded!.outputs,
      bound: settings.bounds[one.engine.dtype],
      exact: one.engine.dtype === 'f32',
    }))
    const found = agreement(outputs)
    for (const { key: one, bound } of outputs) {
      const difference = found?.get(one) ?? Number.POSITIVE_INFINITY
      one.difference = difference
      if (difference <= bound) continue
      const reason = `computes something else: relative RMS ${difference.toExponential(1)}, at most ${bound} is allowed`
      drop(one, 'wrong', reason)
    }
  }

  async function warmRounds(): Promise<void> {
    const runs = new Map<Mutable<Progress>, number>()
    for (const [one, engine] of running) {
      say(`warming up ${engineId(one.engine)}`)
      await attempt(one, async () => {
        const warm = await engine.warm(settings.warmSeconds)
        one.warmRuns = warm.runs
        const fitting = Math.ceil((1000 * settings.turnSeconds) / warm.best)
        runs.set(one, Math.min(1000, Math.max(LEAST_RUNS, fitting)))
      })
    }
    await rounds(async (one, engine) => {
      const { wall, cpu } = await engine.turn(runs.get(one)!)
      return { wall, cpu }
    })
  }

  /** Each turn is a new process (or page), from its start to its first answer. */
  async function coldRounds(): Promise<void> {
    await rounds(async (one, previous) => {
      previous.kill()
      const engine = await host.open(bench, one.engine)
      running.set(one, engine)
      const { cold, load, first } = await engine.loaded()
      return { wall: [cold ?? load + first], cpu: undefined }
    })
  }

  async function rounds(
    turn: (
      one: Mutable<Progress>,
      engine: Engine,
    ) => Promise<{ wall: number[]; cpu: number | undefined }>,
  ): Promise<void> {
    const most = Math.floor(PATIENCE * settings.rounds)
    for (let round = 0; round < settings.rounds && !signal.aborted; ) {
      say(
        `round ${round + 1} of ${settings.rounds}${noisyRounds ? `, ${noisyRounds} repeated` : ''}`,
      )
      const rates: number[] = []
      const times = new Map<Mutable<Progress>, Awaited<ReturnType<typeof turn>>>()
      for (const [one, engine] of running) {
        if (signal.aborted) break
        rates.push(await host.calibrate())
        await attempt(one, async () => {
          times.set(one, await turn(one, engine))
        })
      }
      if (signal.aborted) return
      rates.push(await host.calibrate())
      if (noisyRounds < most && rates.some((rate) => rate < NOISY)) {
        noisyRounds++
        continue
      }
      calibration.push(rates)
      for (const [one, { wall, cpu }] of times) {
        one.wall.push(wall)
        if (cpu !== undefined) one.cpu.push(cpu)
      }
      round++
    }
  }

  async function attempt(one: Mutable<Progress>, action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      const status = error instanceof EngineError ? error.status : 'failed'
      drop(one, signal.aborted ? 'interrupted' : status, (error as Error).message)
    }
  }

  function drop(one: Mutable<Progress>, status: EngineError['status'], reason: string): void {
    running.get(one)?.kill()
    running.delete(one)
    one.failure = {
      status,
      reason: status === 'interrupted' ? 'stopped before it was done' : reason,
    }
    say(`${engineId(one.engine)}: ${one.failure.reason}`)
  }
}

/** The largest relative RMS difference that rounding, or quantisation, explains. */
export const bounds: Readonly<Record<Dtype, number>> = {
  f32: 1e-4,
  f16: 0.01,
  int16: 0.02,
  int8: 0.25,
}
