import type { Case } from '../cases/case.ts'
import { type EngineSpec, engineId } from '../engine/spec.ts'
import { assembleCase } from '../report/assemble.ts'
import {
  type CaseReport,
  type Machine,
  REPORT_VERSION,
  type Report,
  type Settings,
} from '../report/report.ts'
import { compare, type Host } from './compare.ts'

/** Everything that one `vitrine bench` measures. */
export interface Suite {
  readonly cases: readonly Case[]
  readonly engines: readonly EngineSpec[]
  readonly settings: Settings
  readonly machine: Machine
  readonly vitrine: string
  readonly versionOf: (engine: EngineSpec) => string | undefined
}

export interface SuiteEvents {
  /** What happens next, and the case as far as it is known. */
  onProgress?(doing: string, current: CaseReport, at: number): void
  onCase?(done: CaseReport, at: number): void
}

/**
 * Measures case by case. Never rejects for what an engine does; where the signal says stop, what was
 * measured until then is the report.
 */
export async function runSuite(
  suite: Suite,
  host: Host,
  signal: AbortSignal,
  events: SuiteEvents = {},
): Promise<Report> {
  const { engines, settings, machine } = suite
  const start = performance.now()
  const date = new Date().toISOString()
  const cases: CaseReport[] = []
  for (const [at, bench] of suite.cases.entries()) {
    if (signal.aborted) break
    const assemble = (state: Parameters<typeof assembleCase>[1]) =>
      assembleCase(bench, state, settings.baseline, machine.ceilings, suite.versionOf)
    const comparison = await compare(
      {
        bench,
        engines,
        settings,
        signal,
        onProgress: (doing, state) => events.onProgress?.(doing, assemble(state), at),
      },
      host,
    )
    const done = assemble(comparison)
    cases.push(done)
    events.onCase?.(done, at)
  }
  return {
    format: 'vitrine-bench',
    version: REPORT_VERSION,
    date,
    seconds: (performance.now() - start) / 1000,
    interrupted: signal.aborted,
    vitrine: suite.vitrine,
    machine,
    settings,
    cases,
  }
}

/** The baseline where none is named: our own kernels, or else the first. */
export function defaultBaseline(engines: readonly EngineSpec[]): string {
  return engineId(engines.find(({ peer }) => peer === 'wasm') ?? engines[0]!)
}
