import type { BrowserPlan, ServerState } from '../browser/plan.ts'
import { runSuite, type SuiteEvents } from '../drive/suite.ts'
import { engineId, parseEngine } from '../engine/spec.ts'
import type { Machine, Report } from '../report/report.ts'
import { FrameHost } from './frame-host.ts'
import { describeBrowser } from './user-agent.ts'

/**
 * Measures what a plan says, in frames on this page.
 * @param stage where the frames are shown while they live
 * @returns the report; where the signal says stop, of what was measured until then
 */
export async function runPlan(
  plan: BrowserPlan,
  state: ServerState,
  stage: Element,
  signal: AbortSignal,
  events: SuiteEvents,
): Promise<Report> {
  const { cases, settings, timeout } = plan
  const engines = plan.engines.map(parseEngine)
  const { graph } = settings
  const options = { graph, timeout, stage, engines: state.engines }
  const { host, ceilings } = await FrameHost.start(options)
  const machine: Machine = {
    ...state.machine,
    system: navigator.userAgent,
    runtime: await describeBrowser(),
    ceilings,
  }
  const versions = new Map(state.engines.map(({ engine, version }) => [engine, version]))
  const versionOf = (engine: (typeof engines)[number]) => versions.get(engineId(engine))
  const suite = { cases, engines, settings, machine, vitrine: state.vitrine, versionOf }
  return runSuite(suite, host, signal, events)
}
