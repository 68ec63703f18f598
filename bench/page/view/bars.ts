import { barX, type Markish, ruleX, ruleY } from '@observablehq/plot'
import type { CaseReport, Measured } from '../../report/report.ts'
import type { Figure } from './figures.ts'
import {
  colourOf,
  engineOf,
  INK,
  LETTER,
  MUTED,
  numbers,
  opacityOf,
  panel,
  pointed,
  untimed,
} from './panel.ts'
import { caseTitle, isMeasured, measuredRows, type Row } from './rows.ts'

/** One number of an engine on a case. */
export interface Quantity {
  readonly name: string
  value(one: Measured, report: CaseReport): number | undefined
  /** A 95 % interval, where the number has one. */
  interval?(one: Measured, report: CaseReport): readonly [number, number]
  show(value: number, one: Measured): string
  /** Shown as well when one points at the bar. */
  more?(one: Measured, report: CaseReport): string
  /** Right end of the scale: each panel's own, the same for all, or a number. */
  readonly scale: 'own' | 'shared' | number
  /** Those that were not timed have their place here, with the reason. */
  readonly complete?: boolean
  /** Draws the best that is possible. */
  limit?(report: CaseReport): number
}

/** A panel of bars for each case, with whiskers for the interval. */
export function bars(
  cases: readonly CaseReport[],
  order: readonly string[],
  quantity: Quantity,
): Figure[] {
  const all = cases.flatMap(measuredRows)
  const end = (rows: readonly Row[]) => Math.max(...rows.map((row) => high(row, quantity)))
  return cases.flatMap((report) => {
    const rows = measuredRows(report).filter(({ one }) => quantity.value(one, report) != null)
    if (rows.length === 0) return []
    const { scale } = quantity
    const limit = quantity.limit?.(report)
    const longest =
      typeof scale === 'number' ? Math.max(scale, end(rows)) : end(scale === 'own' ? rows : all)
    return [figure(report, rows, order, quantity, Math.max(longest, limit ?? 0), limit)]
  })
}

function figure(
  report: CaseReport,
  rows: readonly Row[],
  order: readonly string[],
  quantity: Quantity,
  end: number,
  limit: number | undefined,
): Figure {
  const value = ({ one }: Row) => quantity.value(one, report)!
  const show = (row: Row) => quantity.show(value(row), row.one)
  const others = quantity.complete
    ? report.outcomes.flatMap((one) => (isMeasured(one) ? [] : [{ report, one }]))
    : []
  const present = new Set([...rows, ...others].map(({ one }) => one.engine))
  const caption = caseTitle(report.bench)
  const said = rows.map((row) => `${row.one.engine} ${show(row)}`).join(', ')
  const longest = Math.max(...rows.map((row) => show(row).length))
  return {
    caption,
    label: `${quantity.name}, ${caption}: ${said}`,
    draw: (width) =>
      panel({
        width,
        engines: order.filter((engine) => present.has(engine)),
        x: { domain: [0, end] },
        right: longest * LETTER + 10,
        marks: [
          barX(rows, {
            y: engineOf,
            x: value,
            fill: colourOf,
            fillOpacity: opacityOf,
            stroke: colourOf,
            rx: 2,
          }),
          ...whiskers(rows, quantity),
          ...(limit === undefined
            ? []
            : [ruleX([limit], { stroke: MUTED, strokeDasharray: '2 3' })]),
          numbers(rows, (row) => high(row, quantity), show),
          untimed(others),
          pointed(rows, value, (one) =>
            [`${quantity.name}: ${show({ report, one })}`, quantity.more?.(one, report)]
              .filter(Boolean)
              .join('\n'),
          ),
        ],
      }),
  }
}

function whiskers(rows: readonly Row[], { interval }: Quantity): Markish[] {
  if (!interval) return []
  const ends = (row: Row) => interval(row.one, row.report)
  return [
    ruleY(rows, {
      y: engineOf,
      x1: (row: Row) => ends(row)[0],
      x2: (row: Row) => ends(row)[1],
      stroke: INK,
      strokeWidth: 1,
      marker: 'tick',
    }),
  ]
}

const high = ({ one, report }: Row, { value, interval }: Quantity) =>
  Math.max(value(one, report) ?? 0, interval?.(one, report)[1] ?? 0)
