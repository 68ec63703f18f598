import type { Measured, Outcome } from './compare.ts'
import { median, ratio, spread } from './statistics.ts'

const header = [
  'engine',
  'median',
  'min',
  'spread',
  'CPU/run',
  'GFLOP/s',
  'load',
  'first run',
  'peak RSS',
  'difference',
  'time / baseline',
]

/**
 * The outcomes of one model as a table in Markdown. Times in milliseconds, memory in MB.
 * @param flops matrix products of the whole forward pass, the same for all engines
 */
export function table(outcomes: readonly Outcome[], baseline: string, flops: number): string {
  const measured = outcomes.filter((outcome): outcome is Measured => 'version' in outcome)
  const base = measured.find((outcome) => outcome.peer === baseline)
  const rows = measured.map((outcome) => row(outcome, base, flops))
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((r) => r[i]!.length)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`
  const rule = `|${widths.map((width, i) => `${'-'.repeat(width + 1)}${i === 0 ? '-' : ':'}`).join('|')}|`
  const failures = outcomes.flatMap((outcome) =>
    'failed' in outcome ? [`- ${outcome.peer}: not timed, ${outcome.failed}`] : [],
  )
  const choices = measured.flatMap(({ peer, description }) =>
    description === undefined ? [] : [`- ${peer}: ${description}`],
  )
  return [line(header), rule, ...rows.map(line), ...choices, ...failures].join('\n')
}

function row(outcome: Measured, base: Measured | undefined, flops: number): string[] {
  const wall = outcome.wall.flat()
  const typical = median(wall)
  return [
    `${outcome.peer} ${outcome.version}`,
    milliseconds(typical),
    milliseconds(Math.min(...wall)),
    `${(100 * spread(outcome.wall)).toFixed(0)} %`,
    milliseconds(median(outcome.cpu.flat())),
    (flops / typical / 1e6).toFixed(1),
    outcome.load.toFixed(0),
    outcome.first.toFixed(0),
    (outcome.peakBytes / 1e6).toFixed(0),
    outcome.difference.toExponential(1),
    base ? ratio(outcome.wall, base.wall).toFixed(2) : '',
  ]
}

function milliseconds(value: number): string {
  return value < 100 ? value.toFixed(1) : value.toFixed(0)
}
