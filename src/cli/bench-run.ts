import { existsSync } from 'node:fs'
import { bounds } from '../../bench/drive/compare.ts'
import { EngineError } from '../../bench/drive/errors.ts'
import { describeMachine } from '../../bench/drive/machine.ts'
import { NodeHost } from '../../bench/drive/node-host.ts'
import { defaultBaseline, runSuite } from '../../bench/drive/suite.ts'
import { engineId, parseEngine } from '../../bench/engine/spec.ts'
import { installNode } from '../../bench/install/install.ts'
import type { Report } from '../../bench/report/report.ts'
import { ArgumentError } from '../errors.ts'
import { writeAtomically } from './atomic.ts'
import { chooseEngines, versionOf } from './bench-engines.ts'
import type { BenchFlags } from './bench-flags.ts'
import { createLiveView } from './bench-live.ts'
import { planCases } from './bench-plan.ts'
import { viewCase } from './bench-view.ts'
import { packageVersion } from './help.ts'
import { note } from './output.ts'
import { colours } from './terminal.ts'

/** Runs the suite that the flags describe, in processes of Node. */
export async function bench(flags: BenchFlags, signal: AbortSignal): Promise<void> {
  const cases = await planCases(flags)
  const engines = await chooseEngines(flags, signal)
  const node = await chooseNode(flags.node, signal)
  const baseline = flags.baseline ? engineId(parseEngine(flags.baseline)) : defaultBaseline(engines)
  const { graph } = flags
  const { host, ceilings } = await NodeHost.start({ node, graph, timeout: 1000 * flags.timeout })
  try {
    const machine = describeMachine(node, ceilings)
    const { cpu, cores, runtime } = machine
    const best = Math.max(...Object.values(ceilings)).toFixed(0)
    note(
      `${cpu}, ${cores} cores, Node ${runtime.version} (V8 ${runtime.v8}), ${best} GFLOP/s a core at most`,
    )
    const { rounds, turn: turnSeconds, warm: warmSeconds } = flags
    const settings = { rounds, turnSeconds, warmSeconds, graph, baseline, bounds }
    const suite = { cases, engines, settings, machine, vitrine: packageVersion(), versionOf }
    const live = createLiveView(cases.length)
    const report = await runSuite(suite, host, signal, {
      onProgress: live.update,
      onCase(done) {
        live.clear()
        // Not through `write`: what was measured is shown even where the work was stopped.
        const width = process.stdout.columns ?? 160
        process.stdout.write(`${viewCase(done, colours(process.stdout), width)}\n`)
      },
    })
    live.clear()
    await keep(report, flags)
    signal.throwIfAborted()
    if (report.cases.every((one) => one.outcomes.every(({ status }) => status !== 'measured'))) {
      throw new EngineError('failed', 'Nothing could be measured.')
    }
  } finally {
    host.dispose()
  }
}

/** Files are written whatever stopped the work. */
async function keep(report: Report, { json, html }: BenchFlags): Promise<void> {
  const { signal } = new AbortController()
  const save = (path: string, text: string) =>
    writeAtomically(path, [new TextEncoder().encode(text)], { signal })
  if (json) await save(json, `${JSON.stringify(report)}\n`)
  if (html) {
    const { reportHtml } = await import('../../bench/report/html.ts')
    await save(html, await reportHtml(report))
  }
}

async function chooseNode(which: string | undefined, signal: AbortSignal): Promise<string> {
  if (which === undefined) return process.execPath
  if (/^\d+$/.test(which)) return installNode(which, signal)
  if (existsSync(which)) return which
  throw new ArgumentError(`There is no Node at ${which}.`)
}
