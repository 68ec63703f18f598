import { axisX, dot, link } from '@observablehq/plot'
import type { CaseReport } from '../../report/report.ts'
import type { Figure } from './figures.ts'
import { duration, shortDuration, times } from './format.ts'
import { logTicks } from './log-ticks.ts'
import { colourOf, engineOf, MUTED, numbers, opacityOf, panel, pointed, symbolOf } from './panel.ts'
import { caseTitle, measuredRows, type Row } from './rows.ts'

const steady = ({ one }: Row) => one.summary.median
const first = ({ one }: Row) => one.first
const last = (row: Row) => Math.max(steady(row), first(row))

/** From the first run (hollow) to the steady state (filled). */
export function firstRuns(cases: readonly CaseReport[], order: readonly string[]): Figure[] {
  return cases.flatMap((report) => {
    const rows = measuredRows(report).filter((row) => first(row) > 0)
    return rows.length === 0 ? [] : [figure(report, rows, order)]
  })
}

function figure(report: CaseReport, rows: readonly Row[], order: readonly string[]): Figure {
  const caption = caseTitle(report.bench)
  const show = (row: Row) => times(first(row) / steady(row))
  const present = new Set(rows.map(({ one }) => one.engine))
  const ends = rows.flatMap((row) => [first(row), steady(row)])
  const said = rows.map(
    (row) => `${row.one.engine} ${duration(first(row))}, then ${duration(steady(row))}`,
  )
  return {
    caption,
    label: `First run and steady state, ${caption}: ${said.join('; ')}`,
    draw: (width) =>
      panel({
        width,
        engines: order.filter((engine) => present.has(engine)),
        x: { type: 'log', insetLeft: 8 },
        right: 56,
        bottom: 30,
        marks: [
          axisX(logTicks(ends, width / 110), { tickSize: 4, color: MUTED, text: shortDuration }),
          link(rows, {
            y: engineOf,
            x1: first,
            x2: steady,
            stroke: colourOf,
            strokeWidth: 1.5,
            strokeOpacity: 0.6,
          }),
          dot(rows, {
            y: engineOf,
            x: first,
            r: 4,
            symbol: symbolOf,
            fill: 'var(--vr-card)',
            stroke: colourOf,
          }),
          dot(rows, {
            y: engineOf,
            x: steady,
            r: 4,
            symbol: symbolOf,
            fill: colourOf,
            fillOpacity: opacityOf,
            stroke: colourOf,
          }),
          numbers(rows, last, show),
          pointed(rows, first, (one) =>
            [
              `First run ${duration(one.first)}, steady ${duration(one.summary.median)}`,
              `Load ${duration(one.load)}, warm after ${one.warmRuns} runs`,
            ].join('\n'),
          ),
        ],
      }),
  }
}
