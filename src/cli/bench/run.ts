import { existsSync } from 'node:fs'
import type { Case } from '../../../bench/cases/case.ts'
import { bounds } from '../../../bench/drive/compare.ts'
import { EngineError } from '../../../bench/drive/errors.ts'
import { describeMachine } from '../../../bench/drive/machine.ts'
import { NodeHost } from '../../../bench/drive/node-host.ts'
import { defaultBaseline, runSuite, type SuiteEvents } from '../../../bench/drive/suite.ts'
import { type EngineSpec, engineId, parseEngine } from '../../../bench/engine/spec.ts'
import { installNode } from '../../../bench/install/install.ts'
import type { Report, Settings } from '../../../bench/report/report.ts'
import { ArgumentError } from '../../errors.ts'
import { note, show } from '../output.ts'
import { writeAtomically } from '../output-files/atomic-write.ts'
import { packageVersion } from '../package-root.ts'
import { colours } from '../view/colours.ts'
import { countOf } from '../view/units.ts'
import { viewCase } from './case-view.ts'
import { chooseEngines, versionOf } from './engines.ts'
import type { BenchFlags } from './flags.ts'
import { createLiveView } from './live-view.ts'
import { planCases } from './plan.ts'

/** Runs the benchmark in Node or in a browser, or serves its page. */
export async function bench(flags: BenchFlags, signal: AbortSignal): Promise<void> {
  const { serve, browser } = flags
  if (serve) return servePage(signal)
  const cases = await planCases(flags)
  const engines = await chooseEngines(flags, browser ? 'browser' : 'node', signal)
  const { rounds, turn: turnSeconds, warm: warmSeconds, graph } = flags
  const baseline = flags.baseline ? engineId(parseEngine(flags.baseline)) : defaultBaseline(engines)
  const settings = { rounds, turnSeconds, warmSeconds, graph, baseline, bounds }
  const plan: Plan = { cases, engines, settings, timeout: 1000 * flags.timeout }
  const events = showProgress(cases.length)
  const report = await (browser
    ? inBrowser(browser, plan, events, signal)
    : inNode(await chooseNode(flags.node, signal), plan, events, signal))
  events.end()
  await keep(report, flags)
  signal.throwIfAborted()
  if (report.cases.every((one) => one.outcomes.every(({ status }) => status !== 'measured'))) {
    throw new EngineError('failed', 'No engine could be measured; the reasons are above.')
  }
}

interface Plan {
  readonly cases: readonly Case[]
  readonly engines: readonly EngineSpec[]
  readonly settings: Settings
  /** Limit for one answer of an engine, in milliseconds. */
  readonly timeout: number
}

/** Shows the running case on stderr and each finished case on stdout. */
function showProgress(cases: number): Required<SuiteEvents> & { end(): void } {
  const live = createLiveView(cases)
  return {
    onProgress: live.update,
    onCase(done) {
      live.clear()
      // `write` would throw after an abort, and results are shown even then.
      const width = process.stdout.columns ?? 160
      show(process.stdout, `${viewCase(done, colours(process.stdout), width)}\n`)
    },
    end: live.clear,
  }
}

async function inNode(
  node: string,
  { cases, engines, settings, timeout }: Plan,
  events: SuiteEvents,
  signal: AbortSignal,
): Promise<Report> {
  const { host, ceilings } = await NodeHost.start({ node, graph: settings.graph, timeout })
  try {
    const machine = describeMachine(node, ceilings)
    const { cpu, cores, runtime } = machine
    const best = Math.max(...Object.values(ceilings)).toFixed(0)
    note(
      `${cpu}, ${countOf(cores, 'core')}, Node ${runtime.version} (V8 ${runtime.v8}), at most ${best} GFLOP/s per core in WebAssembly`,
    )
    const suite = { cases, engines, settings, machine, vitrine: packageVersion(), versionOf }
    return await runSuite(suite, host, signal, events)
  } finally {
    host.dispose()
  }
}

async function inBrowser(
  browser: string,
  { engines, ...rest }: Plan,
  events: SuiteEvents,
  signal: AbortSignal,
): Promise<Report> {
  const { benchInBrowser } = await import('../../../bench/browser/run.ts')
  const plan = { ...rest, engines: engines.map(engineId) }
  return benchInBrowser({ browser, plan, vitrine: packageVersion(), signal, events })
}

/** Serves the page until Ctrl-C; its form chooses what to measure. */
async function servePage(signal: AbortSignal): Promise<void> {
  const { serveBench } = await import('../../../bench/browser/run.ts')
  await serveBench({ vitrine: packageVersion() }, signal, (url) => {
    note(`The benchmark's page is at ${url} until Ctrl-C.`)
  })
  signal.throwIfAborted()
}

/** Writes the report's files, also after an abort. */
async function keep(report: Report, { json, html }: BenchFlags): Promise<void> {
  const { signal } = new AbortController()
  const save = (path: string, text: string) =>
    writeAtomically(path, [new TextEncoder().encode(text)], { signal })
  if (json) await save(json, `${JSON.stringify(report)}\n`)
  if (html) {
    const { reportHtml } = await import('../../../bench/report/html.ts')
    await save(html, await reportHtml(report))
  }
}

async function chooseNode(which: string | undefined, signal: AbortSignal): Promise<string> {
  if (which === undefined) return process.execPath
  if (/^\d+$/.test(which)) return installNode(which, signal)
  if (existsSync(which)) return which
  throw new ArgumentError(`There is no Node at ${which}; pass a path, or 20, 22, 24 or 26.`)
}
