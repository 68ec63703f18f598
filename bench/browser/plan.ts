import type { Case } from '../cases/case.ts'
import type { CaseReport, Machine, Settings, Untimed } from '../report/report.ts'

/** What a page is to measure, as it goes through JSON. */
export interface BrowserPlan {
  readonly cases: readonly Case[]
  /** As on the command line: `litert:int8`. */
  readonly engines: readonly string[]
  readonly settings: Settings
  /** How long any one answer of an engine may take, in milliseconds. */
  readonly timeout: number
}

/** An engine as the server finds it. */
export interface EngineState {
  readonly engine: string
  readonly title: string
  readonly version?: string
  /** Why it can't be run here. */
  readonly obstacle?: {
    readonly status: Untimed['status']
    readonly reason: string
  }
}

/** What a page can't know by itself. */
export interface ServerState {
  readonly vitrine: string
  readonly machine: Pick<Machine, 'cpu' | 'cores' | 'memoryBytes'>
  readonly engines: readonly EngineState[]
}

/** What a page tells while it measures. */
export interface PageProgress {
  readonly doing: string
  readonly current: CaseReport
  readonly at: number
  /** The case is through. */
  readonly done: boolean
}

/** What a page asks the server to write before an engine can load. */
export interface PrepareRequest {
  readonly bench: Case
  readonly engine: string
  readonly graph: Settings['graph']
}
