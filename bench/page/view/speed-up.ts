import { dot, ruleX, ruleY } from '@observablehq/plot'
import type { CaseReport, Measured } from '../../report/report.ts'
import type { Figure } from './figures.ts'
import { duration, interval, times } from './format.ts'
import { colourOf, engineOf, MUTED, numbers, opacityOf, panel, pointed, symbolOf } from './panel.ts'
import { type Baseline, caseTitle, measuredRows, type Row, speedUp } from './rows.ts'

/** How many times as fast as the baseline, with intervals; all cases on one logarithmic scale. */
export function speedUps(
  cases: readonly CaseReport[],
  order: readonly string[],
  baseline: Baseline,
): Figure[] {
  const panels = cases.flatMap((report) => {
    const base = baseline.of(report)
    const rows = measuredRows(report)
    return base && rows.some(({ one }) => one !== base) ? [{ report, base, rows }] : []
  })
  const ends = panels.flatMap(({ rows, base }) =>
    rows.flatMap(({ one }) => [...speedUp(one, base).interval]),
  )
  const domain = [Math.min(0.8, ...ends), Math.max(1.25, ...ends)]
  return panels.map((one) => figure(one, order, baseline.engine, domain))
}

function figure(
  { report, base, rows }: { report: CaseReport; base: Measured; rows: readonly Row[] },
  order: readonly string[],
  baseline: string,
  domain: readonly number[],
): Figure {
  const caption = caseTitle(report.bench)
  const of = ({ one }: Row) => speedUp(one, base)
  const at = (row: Row) => of(row).value
  const others = rows.filter(({ one }) => one !== base)
  const present = new Set(rows.map(({ one }) => one.engine))
  const said = others.map((row) => {
    const { value, interval: range } = of(row)
    return `${row.one.engine} ${times(value)} (${interval(range)})`
  })
  return {
    caption,
    label: `Speed-up over ${baseline}, ${caption}: ${said.join(', ')}`,
    draw: (width) =>
      panel({
        width,
        engines: order.filter((engine) => present.has(engine)),
        x: { type: 'log', domain, insetLeft: 8 },
        right: 56,
        marks: [
          ruleX([1], { stroke: MUTED, strokeOpacity: 0.7 }),
          ruleY(others, {
            y: engineOf,
            x1: (row: Row) => of(row).interval[0],
            x2: (row: Row) => of(row).interval[1],
            stroke: colourOf,
            strokeWidth: 2.5,
            strokeOpacity: 0.55,
          }),
          dot(rows, {
            y: engineOf,
            x: at,
            r: 4,
            symbol: symbolOf,
            fill: colourOf,
            fillOpacity: opacityOf,
            stroke: colourOf,
            strokeWidth: 1.25,
          }),
          numbers(
            rows,
            (row) => of(row).interval[1],
            (row) => (row.one === base ? '1×' : times(at(row))),
          ),
          pointed(others, at, (one) => {
            const { value, interval: range } = speedUp(one, base)
            const both = `${duration(one.summary.median)} against ${duration(base.summary.median)}`
            return `${times(value)} as fast as ${baseline}, 95 % ${interval(range)}\n${both}`
          }),
        ],
      }),
  }
}
