import type { Case } from '../cases/case.ts'
import type { Dtype } from '../engine/peer.ts'

/** The number of this schema; `schema.json` beside this file describes it for other programs. */
export const REPORT_VERSION = 1

/** The result of one `vitrine bench`. Times in milliseconds, memory in bytes, rates in GFLOP/s. */
export interface Report {
  readonly format: 'vitrine-bench'
  readonly version: typeof REPORT_VERSION
  /** When it began, ISO 8601. */
  readonly date: string
  readonly seconds: number
  /** It was stopped before it was done: what is here is what was measured until then. */
  readonly interrupted: boolean
  readonly vitrine: string
  readonly machine: Machine
  readonly settings: Settings
  readonly cases: readonly CaseReport[]
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number | undefined
  /** `linux x64 6.1`, or the browser's user agent. */
  readonly system: string
  readonly runtime: { readonly name: string; readonly version: string; readonly v8?: string }
  /** What one core can do at most in registers, by kind of instruction; see `drive/ceiling.ts`. */
  readonly ceilings: Readonly<Record<string, number>>
}

export interface Settings {
  readonly rounds: number
  readonly turnSeconds: number
  readonly warmSeconds: number
  readonly graph: 'full' | 'pruned'
  /** The engine that ratios are taken against. */
  readonly baseline: string
  /** The largest relative RMS difference of outputs, by type, for an engine to be timed. */
  readonly bounds: Readonly<Record<Dtype, number>>
}

export interface CaseReport {
  readonly bench: Case
  /** Of all matrix products of one run (the whole batch), of the full graph for all engines. */
  readonly flops: number
  readonly parameters: number
  readonly outcomes: readonly Outcome[]
  /** How fast the calibration loop was around each turn, by round; a share of the fastest look. */
  readonly calibration: readonly (readonly number[])[]
  /** Rounds that the machine had so much else to do that they were run again and not counted. */
  readonly noisyRounds: number
}

interface Named {
  /** As on the command line: `litert:wide`. */
  readonly engine: string
  /** For people: `LiteRT.js, WebAssembly (XNNPACK)`. */
  readonly title: string
  readonly version: string | undefined
  readonly dtype: Dtype
  /** Flags its process was started with. */
  readonly flags: readonly string[]
}

/** An engine that was not timed, and why. */
export interface Untimed extends Named {
  /** Not installed; can't do it; stopped with an error; computes something else; was cut short. */
  readonly status: 'missing' | 'unsupported' | 'failed' | 'wrong' | 'interrupted'
  readonly reason: string
}

export interface Measured extends Named {
  readonly status: 'measured'
  readonly description: string | undefined
  /** Relative RMS difference of its outputs from those that most agree with. */
  readonly difference: number
  readonly load: number
  readonly first: number
  readonly warmRuns: number
  /** Every counted run, by round. */
  readonly wall: readonly (readonly number[])[]
  /** CPU time of all its threads for one run, the mean of each round; missing in browsers. */
  readonly cpu: readonly number[] | undefined
  readonly peakBytes: number | undefined
  readonly summary: Summary
}

/** What follows from the times; see `statistics.ts`. */
export interface Summary {
  readonly median: number
  /** A 95 % confidence interval of the median. */
  readonly interval: readonly [low: number, high: number]
  readonly min: number
  /** (Slowest - fastest round median) / median. */
  readonly spread: number
  readonly cpuMedian: number | undefined
  readonly gflops: number
  /** Of the machine's ceiling, times the number of threads. */
  readonly ceilingShare: number | undefined
  /** Images (or products) a second. */
  readonly throughput: number
  /** Time over the baseline's time: median over the rounds, and its 95 % interval. */
  readonly ratio:
    | { readonly value: number; readonly interval: readonly [number, number] }
    | undefined
}

export type Outcome = Measured | Untimed
