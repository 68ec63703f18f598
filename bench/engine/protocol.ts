import type { Case, Graph } from '../cases/case.ts'
import type { EngineSpec } from './spec.ts'

/** What one engine is to do, as it goes to its process or its page. */
export interface Job {
  readonly bench: Case
  readonly engine: EngineSpec
  /** What the others are given; this project's own backends prune by themselves. */
  readonly graph: Graph
  /** Where the model's files lie: a folder in Node, a URL in a page. */
  readonly files: string
  /** Where the engine's packages lie (their `node_modules`), likewise. */
  readonly packages: string
}

/** What is asked of an engine, one thing at a time. */
export type Request =
  | { ask: 'warm'; seconds: number }
  | { ask: 'turn'; runs: number }
  | { ask: 'finish' }

/** A loaded model. Times in milliseconds. */
export interface Loaded {
  readonly description: string | undefined
  /** From nothing to a model that can run. */
  readonly load: number
  /** Its first run. */
  readonly first: number
  /** From the start of the process, or from when a page asked for the frame, until the first answer. */
  readonly cold: number | undefined
  /** Outputs of two inputs, one after the other, which shows whether an engine ignores its input. */
  readonly outputs: number[]
}

/** Times in milliseconds; `cpu` is that of all threads for one run, the mean of a turn; missing in a page. */
export type Reply =
  | ({ tell: 'loaded' } & Loaded)
  | { tell: 'warm'; runs: number; best: number }
  | { tell: 'turn'; wall: number[]; cpu: number | undefined }
  | { tell: 'finished'; peakBytes: number | undefined }
  | { tell: 'failed'; message: string; unsupported: boolean }

/** One engine with one case, wherever it runs. */
export interface Engine {
  loaded(): Promise<Loaded>
  warm(seconds: number): Promise<{ runs: number; best: number }>
  turn(runs: number): Promise<{ wall: number[]; cpu: number | undefined }>
  finish(): Promise<{ peakBytes: number | undefined }>
  /** Ends it at once, whatever it does. */
  kill(): void
}
