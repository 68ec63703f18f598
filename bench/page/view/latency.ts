import {
  axisX,
  axisY,
  dot,
  gridY,
  line,
  link,
  type Markish,
  plot,
  pointer,
  text,
  tip,
} from '@observablehq/plot'
import type { CaseReport } from '../../report/report.ts'
import { lookOf } from './engines.ts'
import type { Figure } from './figures.ts'
import { digits, duration, interval, plural, shortDuration } from './format.ts'
import { logTicks } from './log-ticks.ts'
import {
  colourOf,
  INK,
  LETTER,
  LINE,
  MUTED,
  opacityOf,
  plain,
  symbolOf,
  tipLooks,
} from './panel.ts'
import { caseTitle, measuredRows, modelName, type Row } from './rows.ts'

/** Work for one image, GFLOP: what a model costs, whatever its parameters are. */
const size = ({ report }: Row) => report.flops / report.bench.batch / 1e9
const latency = ({ one }: Row) => one.summary.median
const least = ({ one }: Row) => one.summary.min

/** Time against size, a line for each engine; a plot for each number of threads and batch. */
export function latencies(cases: readonly CaseReport[], order: readonly string[]): Figure[] {
  const groups = new Map<string, CaseReport[]>()
  for (const one of cases) {
    const { threads, batch } = one.bench
    const caption = `${plural(threads, 'thread')}, ${batch === 1 ? 'one image' : `${batch} images`} a run`
    groups.set(caption, [...(groups.get(caption) ?? []), one])
  }
  return [...groups].flatMap(([caption, group]) => {
    const rows = group.flatMap(measuredRows).sort((a, b) => size(a) - size(b))
    if (new Set(rows.map(size)).size < 2) return []
    return [{ caption, label: said(caption, rows), wide: true, draw: draw(rows, order) }]
  })
}

function said(caption: string, rows: readonly Row[]): string {
  const points = rows.map(
    (row) => `${row.one.engine} on ${row.report.bench.name} ${duration(latency(row))}`,
  )
  return `Latency against model size, ${caption}: ${points.join(', ')}`
}

const draw = (rows: readonly Row[], order: readonly string[]) => (width: number) => {
  const height = Math.max(300, Math.min(400, width * 0.5))
  const [marginTop, marginBottom] = [26, 40]
  const lines = order.flatMap((engine) => {
    const points = rows.filter(({ one }) => one.engine === engine)
    return points.length === 0 ? [] : [points]
  })
  const times = rows.flatMap((row) => [least(row), latency(row)])
  const domain = [Math.min(...times) / 1.15, Math.max(...times) * 1.15] as const
  const ticks = logTicks(domain, 8)
  const models = [...new Map(rows.map((row) => [size(row), row.report.bench])).entries()]
  const tags = labels(
    lines.map((points) => points.at(-1)!),
    domain,
    height - marginTop - marginBottom,
  )
  const letters = Math.max(...lines.map((points) => points[0]!.one.engine.length))
  return plot({
    ...plain,
    width,
    height,
    marginTop,
    marginBottom,
    marginLeft: 52,
    marginRight: Math.min(letters * LETTER + 20, width * 0.36),
    x: { type: 'log', label: null },
    y: { type: 'log', domain, label: null },
    marks: [
      gridY(ticks, { stroke: LINE, strokeOpacity: 1 }),
      axisY(ticks, {
        tickSize: 0,
        color: MUTED,
        text: shortDuration,
      }),
      axisX(
        models.map(([x]) => x),
        {
          tickSize: 4,
          color: MUTED,
          text: (value: number) => digits(value),
          label: 'GFLOP for an image',
          labelAnchor: 'right',
          labelArrow: 'none',
        },
      ),
      text(models, {
        x: ([x]: (typeof models)[number]) => x,
        text: ([, { name }]: (typeof models)[number]) =>
          modelName(name).replace(/^ViT-/, width < 560 ? '' : 'ViT-'),
        frameAnchor: 'top',
        dy: -18,
        fill: INK,
        fontWeight: 500,
      }),
      ...lines.flatMap(series),
      ...tags.map(({ row, shift }) =>
        text([row], {
          x: size,
          y: latency,
          text: ({ one }: Row) => one.engine,
          textAnchor: 'start',
          dx: 12,
          dy: shift,
          fill: INK,
        }),
      ),
      tip(
        rows,
        pointer({
          x: size,
          y: latency,
          title: ({ one, report }: Row) =>
            [
              `${one.title} on ${caseTitle(report.bench)}`,
              `Median ${duration(one.summary.median)}, 95 % ${interval(one.summary.interval, duration)}`,
              `Least ${duration(one.summary.min)}`,
            ].join('\n'),
          ...tipLooks,
        }),
      ),
    ],
  })
}

function series(points: readonly Row[]): Markish[] {
  const { colour, dash, opacity } = lookOf(points[0]!.one.engine, points[0]!.one.dtype)
  return [
    line(points, {
      x: size,
      y: latency,
      stroke: colour,
      strokeWidth: 1.75,
      strokeOpacity: Math.max(opacity, 0.75),
      ...(dash !== undefined && { strokeDasharray: dash }),
    }),
    link(points, { x: size, y1: least, y2: latency, stroke: colour, strokeWidth: 1.5 }),
    dot(points, {
      x: size,
      y: latency,
      r: 4,
      symbol: symbolOf,
      fill: colourOf,
      fillOpacity: opacityOf,
      stroke: colourOf,
      strokeWidth: 1.25,
    }),
  ]
}

const LABEL_HEIGHT = 15

/** Moves the lines' names apart where their ends are close: from the top down, then back up. */
function labels(ends: readonly Row[], [low, high]: readonly [number, number], height: number) {
  const pixel = (value: number) => (height * Math.log(high / value)) / Math.log(high / low)
  const placed = ends
    .map((row) => ({ row, at: pixel(latency(row)), y: pixel(latency(row)) }))
    .sort((a, b) => a.at - b.at)
  // Only names at the same place across are in each other's way.
  for (const [i, one] of placed.entries()) {
    const above = placed.slice(0, i).filter(({ row }) => size(row) === size(one.row))
    const last = above.at(-1)
    if (last) one.y = Math.max(one.y, last.y + LABEL_HEIGHT)
  }
  let floor = height
  for (const one of [...placed].reverse()) {
    one.y = Math.min(one.y, floor)
    floor = one.y - LABEL_HEIGHT
  }
  return placed.map(({ row, at, y }) => ({ row, shift: y - at }))
}
