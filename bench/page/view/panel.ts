import {
  axisY,
  type Markish,
  type PlotOptions,
  plot,
  pointerY,
  text,
  tip,
} from '@observablehq/plot'
import type { Measured, Untimed } from '../../report/report.ts'
import { lookOf } from './engines.ts'
import type { Row } from './rows.ts'

export const INK = 'var(--vr-ink)'
export const MUTED = 'var(--vr-muted)'
export const LINE = 'var(--vr-line)'

/** What all plots have in common. Colours, symbols and opacities are meant literally. */
export const plain = {
  color: { type: 'identity' },
  opacity: { type: 'identity' },
  style: { fontFamily: 'inherit', fontSize: '12px', overflow: 'visible' },
} as const satisfies PlotOptions

/** Of what appears where one points. */
export const tipLooks = {
  fontSize: 12,
  lineHeight: 1.4,
  lineWidth: 26,
  stroke: 'var(--vr-strong-line)',
  pathFilter: 'none',
} as const

const ROW_HEIGHT = 22
/** Width of a letter at most, in the usual systems' fonts. */
export const LETTER = 7.2

export const engineOf = ({ one }: Row) => one.engine
export const colourOf = ({ one }: Row) => lookOf(one.engine, one.dtype).colour
export const opacityOf = ({ one }: Row) => lookOf(one.engine, one.dtype).opacity
export const symbolOf = ({ one }: Row) => lookOf(one.engine, one.dtype).symbol

export interface Panel {
  readonly width: number
  /** Top to bottom. */
  readonly engines: readonly string[]
  readonly x: PlotOptions['x']
  readonly marks: readonly Markish[]
  /** Space for an axis, in pixels. */
  readonly bottom?: number
  /** Space for numbers at the right end, in pixels. */
  readonly right?: number
}

/** A small plot with a line for each engine. */
export function panel({ width, engines, x, marks, bottom = 4, right = 12 }: Panel) {
  const letters = Math.max(...engines.map((engine) => engine.length))
  return plot({
    ...plain,
    width,
    height: engines.length * ROW_HEIGHT + bottom + 4,
    marginLeft: Math.min(Math.ceil(letters * LETTER) + 13, width * 0.45),
    marginRight: right,
    marginTop: 4,
    marginBottom: bottom,
    x: { axis: null, ...x },
    y: { type: 'band', domain: engines, label: null, padding: 0.28 },
    marks: [axisY({ tickSize: 0, tickPadding: 8, color: INK }), ...marks],
  })
}

/** Numbers behind what is drawn. */
export function numbers(
  rows: readonly Row[],
  at: (row: Row) => number,
  show: (row: Row) => string,
): Markish {
  return text(rows, {
    y: engineOf,
    x: at,
    text: show,
    textAnchor: 'start',
    dx: 7,
    fill: INK,
    // What is behind, a rule mostly, does not cross the digits.
    stroke: 'var(--vr-paper)',
    strokeWidth: 4,
    fontVariant: 'tabular-nums',
  })
}

/** An engine that was not timed, in the place of its numbers. */
export function untimed(rows: readonly Row<Untimed>[]): Markish {
  return text(rows, {
    y: ({ one }: Row<Untimed>) => one.engine,
    text: ({ one }: Row<Untimed>) => one.status,
    frameAnchor: 'left',
    dx: 7,
    fill: MUTED,
    fontStyle: 'italic',
  })
}

/** Everything about an engine, shown when one points at it. */
export function pointed(
  rows: readonly Row[],
  at: (row: Row) => number,
  say: (one: Measured, row: Row) => string,
): Markish {
  return tip(
    rows,
    pointerY({
      y: engineOf,
      x: at,
      title: (row: Row) => `${row.one.title}\n${say(row.one, row)}`,
      maxRadius: 60,
      ...tipLooks,
    }),
  )
}
