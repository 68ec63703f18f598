import { UnsupportedError } from '../../src/errors.ts'
import type { CaseReport, Measured, Report } from './report.ts'

/** What a table shows: the time on the clock, or that of the CPU, which other programs disturb less. */
export type Clock = 'wall' | 'cpu'

/**
 * A report as a table for a page: engines down, cases across; milliseconds, median [minimum]. The
 * fastest of each case is bold.
 */
export function markdownTable({ cases }: Report, clock: Clock = 'wall'): string {
  const engines = new Map<string, string>()
  for (const one of cases.flatMap(measured)) engines.set(one.engine, engineText(one))
  const fastest = cases.map((one) =>
    Math.min(...measured(one).map((outcome) => timesOf(outcome, clock).median)),
  )
  const rows = [...engines].map(([engine, text]) => [
    text,
    ...cases.map((one, i) => {
      const found = measured(one).find((other) => other.engine === engine)
      if (!found) return ''
      const { median, min } = timesOf(found, clock)
      const shown = median === fastest[i] ? `**${time(median)}**` : time(median)
      return `${shown} [${time(min)}]`
    }),
  ])
  const head = ['', ...cases.map(caseText)]
  const rule = ['---', ...cases.map(() => '--:')]
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Milliseconds of a run. Of CPU time the minimum is that of the rounds' means. */
export function timesOf({ summary, cpu }: Measured, clock: Clock): { median: number; min: number } {
  if (clock === 'wall') return summary
  if (cpu === undefined || summary.cpuMedian === undefined) {
    throw new UnsupportedError('This report has no CPU times: it is from a browser.')
  }
  return { median: summary.cpuMedian, min: Math.min(...cpu) }
}

const measured = ({ outcomes }: CaseReport) =>
  outcomes.filter((one): one is Measured => one.status === 'measured')

function engineText({ title, version, dtype, flags, engine }: Measured): string {
  const own =
    engine.startsWith('wasm') || engine.startsWith('webgpu') || engine.startsWith('reference')
  const details = [
    ...(dtype === 'f32' ? [] : [dtype]),
    ...(own
      ? engine
          .split(':')
          .slice(1)
          .filter((word) => word !== dtype)
      : []),
    ...(flags.length === 0 ? [] : ['with V8’s flag']),
  ]
  const name = own ? title : `${title} ${version}`
  return [name, ...details].join(', ')
}

function caseText({ bench: { name, threads, batch } }: CaseReport): string {
  const details = [
    ...(threads === 1 ? [] : [`${threads} threads`]),
    ...(batch === 1 ? [] : [`batch ${batch}`]),
  ]
  return [name.replace('_', '/'), ...details].join(', ')
}

const time = (milliseconds: number) =>
  milliseconds < 100 ? milliseconds.toPrecision(3) : milliseconds.toFixed(0)
