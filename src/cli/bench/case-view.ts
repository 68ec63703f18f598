import type { CaseReport, Measured, Outcome } from '../../../bench/report/report.ts'
import { bar } from '../view/bar.ts'
import type { Colours } from '../view/colours.ts'
import { type Column, formatTable } from '../view/table.ts'
import { textWidth } from '../view/text-width.ts'
import { countOf } from '../view/units.ts'

/** Width of the fastest engine's bar, in columns. */
const BAR = 18

/** One case: a title, a table of the measured engines, and the reasons for the others. */
export function viewCase(report: CaseReport, style: Colours, columns: number): string {
  const { bench, flops, outcomes, noisyRounds } = report
  const measured = outcomes.filter((one): one is Measured => one.status === 'measured')
  const others = outcomes.filter((one) => one.status !== 'measured')
  const details = [
    `${(flops / 1e9).toPrecision(3)} GFLOP`,
    `${countOf(bench.threads, 'thread')}`,
    ...(bench.batch === 1 ? [] : [`batch ${bench.batch}`]),
    ...(bench.level === 'cold' ? ['new process to first answer'] : []),
    ...(noisyRounds === 0 ? [] : [`noisy rounds repeated: ${noisyRounds}`]),
  ]
  const title = `${style.bold(bench.name)}  ${style.dim(details.join(' · '))}\n`
  const table =
    measured.length === 0 ? '' : formatTable(measured, fitting(measured, columns), style.dim)
  return `${title}${table}${others.map((one) => untimed(one, style)).join('')}`
}

function untimed(one: Outcome, { yellow, dim }: Colours): string {
  if (one.status === 'measured') return ''
  return `${yellow(one.engine)}  ${dim(`${one.status}: ${one.reason}`)}\n`
}

/** A column and its rank: in narrow terminals, the highest ranks are dropped first. */
type Rated = Column<Measured> & { readonly rank: number }

/** The columns that fit into a line of `width`. */
function fitting(rows: readonly Measured[], width: number): Rated[] {
  let chosen = columnsFor(rows)
  const isTooWide = () =>
    formatTable(rows, chosen, String)
      .split('\n')
      .some((line) => textWidth(line) > width)
  while (chosen.length > 2 && isTooWide()) {
    const last = Math.max(...chosen.map(({ rank }) => rank))
    chosen = chosen.filter(({ rank }) => rank !== last)
  }
  return chosen
}

function columnsFor(rows: readonly Measured[]): Rated[] {
  const fastest = Math.min(...rows.map(({ summary }) => summary.median))
  const any = (has: (one: Measured) => unknown) => rows.some((one) => has(one) !== undefined)
  const right = true
  return [
    { rank: 0, title: 'engine', text: ({ engine }) => engine },
    { rank: 9, title: 'version', text: ({ version }) => version ?? '' },
    { rank: 5, title: '', text: ({ summary }) => shareBar(fastest / summary.median) },
    { rank: 0, title: 'ms', right, text: ({ summary }) => time(summary.median) },
    {
      rank: 4,
      title: '95 %',
      right,
      text: ({ summary: { interval } }) => `${time(interval[0])}–${time(interval[1])}`,
    },
    { rank: 2, title: 'min', right, text: ({ summary }) => time(summary.min) },
    ...(any(({ summary }) => summary.cpuMedian)
      ? [
          {
            rank: 6,
            title: 'CPU',
            right,
            text: ({ summary }: Measured) => maybe(summary.cpuMedian, time),
          },
        ]
      : []),
    { rank: 3, title: 'GFLOP/s', right, text: ({ summary }) => summary.gflops.toPrecision(3) },
    {
      rank: 7,
      title: 'ceiling',
      right,
      text: ({ summary }) =>
        maybe(summary.ceilingShare, (share) => `${(100 * share).toFixed(0)} %`),
    },
    { rank: 8, title: 'load', right, text: ({ load }) => time(load) },
    { rank: 8, title: 'first', right, text: ({ first }) => time(first) },
    ...(any(({ peakBytes }) => peakBytes)
      ? [
          {
            rank: 6,
            title: 'peak MB',
            right,
            text: ({ peakBytes }: Measured) =>
              maybe(peakBytes, (bytes) => (bytes / 1e6).toFixed(0)),
          },
        ]
      : []),
    {
      rank: 1,
      title: 'x time',
      right,
      text: ({ summary }) => maybe(summary.ratio, ({ value }) => value.toFixed(2)),
    },
  ]
}

/** Even the slowest engine has a visible bar. */
const shareBar = (share: number) => bar(Math.max(share, 1 / (8 * BAR)), BAR)

const time = (milliseconds: number) =>
  milliseconds < 100 ? milliseconds.toPrecision(3) : milliseconds.toFixed(0)

const maybe = <T>(value: T | undefined, text: (value: T) => string) =>
  value === undefined ? '' : text(value)
