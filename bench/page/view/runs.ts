import { axisX, axisY, dot, gridY, plot, pointer, ruleY, text, tip } from '@observablehq/plot'
import type { CaseReport } from '../../report/report.ts'
import { extent, median } from '../../report/statistics.ts'
import { lookOf } from './engines.ts'
import type { Figure } from './figures.ts'
import { duration, percent } from './format.ts'
import { INK, LINE, MUTED, plain, tipLooks } from './panel.ts'
import { measuredRows, type Row } from './rows.ts'

/** A run, at its place in its round. */
interface Point {
  readonly x: number
  readonly round: number
  readonly value: number
}

/** More dots than these say no more, and slow the page down. The extremes are always among them. */
const MOST_DOTS = 150

/** Share of its best below which the machine had something else to do; see `drive/calibration.ts`. */
const NOISY = 0.85

/** Every run of every engine in the order of their rounds, and how fast the machine was between. */
export function runs(report: CaseReport, order: readonly string[]): Figure[] {
  const rows = measuredRows(report).sort(
    (a, b) => order.indexOf(a.one.engine) - order.indexOf(b.one.engine),
  )
  const looks = report.calibration.flat()
  return [...rows.map(engineRuns), ...(looks.length === 0 ? [] : [machine(report, looks)])]
}

/** Whether not every run has its dot. */
export const isThinned = (report: CaseReport): boolean =>
  measuredRows(report).some(({ one }) => one.wall.some((round) => round.length > MOST_DOTS))

function engineRuns({ one }: Row): Figure {
  const { colour } = lookOf(one.engine, one.dtype)
  const medians = one.wall.map((round, i) => ({ round: i + 1, value: median(round) }))
  const points = one.wall.flatMap((round, i) => spread(thin(round), i + 1))
  return {
    caption: one.engine,
    label: `Runs of ${one.engine} by round; medians ${medians.map(({ value }) => duration(value)).join(', ')}`,
    draw: (width) =>
      strip(width, points, medians, colour, {
        tick: (value) => duration(value),
        rounds: one.wall.length,
      }),
  }
}

function machine({ calibration }: CaseReport, looks: readonly number[]): Figure {
  // Shares of the best look already, unless they are rates.
  const best = Math.max(1, extent(looks)[1])
  const points = calibration.flatMap((round, i) =>
    spread(
      round.map((look) => look / best),
      i + 1,
    ),
  )
  return {
    caption: 'The machine: calibration before each turn',
    label: `Speed of the calibration loop as a share of its best, least ${percent(extent(points.map(({ value }) => value))[0])}`,
    draw: (width) =>
      strip(width, points, [], MUTED, {
        tick: (value) => percent(value),
        rounds: calibration.length,
        limit: NOISY,
      }),
  }
}

interface StripOptions {
  tick(value: number): string
  readonly rounds: number
  readonly limit?: number
}

function strip(
  width: number,
  points: readonly Point[],
  medians: readonly { round: number; value: number }[],
  colour: string,
  { tick, rounds, limit }: StripOptions,
) {
  const values = points.map(({ value }) => value)
  const [low, high] = extent(values)
  const ends = [Math.min(low, limit ?? Number.POSITIVE_INFINITY), high] as const
  const margin = 0.08 * (ends[1] - ends[0] || ends[1])
  const few = points.length / rounds <= 30
  return plot({
    ...plain,
    width,
    height: 190,
    marginLeft: 62,
    marginRight: 8,
    marginTop: 8,
    marginBottom: 34,
    x: { domain: [0.5, rounds + 0.5], label: null },
    y: { domain: [ends[0] - margin, ends[1] + margin], label: null },
    marks: [
      gridY({ ticks: 4, stroke: LINE, strokeOpacity: 1 }),
      axisY({ ticks: 4, tickSize: 0, color: MUTED, tickFormat: tick }),
      axisX(
        Array.from({ length: rounds }, (_, i) => i + 1),
        {
          tickSize: 0,
          color: MUTED,
          tickFormat: String,
          label: 'round',
          labelAnchor: 'center',
          labelArrow: 'none',
        },
      ),
      ...(limit === undefined
        ? []
        : [
            ruleY([limit], { stroke: INK, strokeDasharray: '2 3', strokeOpacity: 0.7 }),
            text([limit], {
              y: (value: number) => value,
              text: () => 'repeated below',
              frameAnchor: 'right',
              dy: 9,
              fill: MUTED,
            }),
          ]),
      dot(points, {
        x: 'x',
        y: 'value',
        r: few ? 3 : 2,
        fill: colour,
        fillOpacity: few ? 0.75 : 0.45,
      }),
      ruleY(medians, {
        y: 'value',
        x1: ({ round }: { round: number }) => round - 0.42,
        x2: ({ round }: { round: number }) => round + 0.42,
        stroke: INK,
        strokeWidth: 1.5,
      }),
      tip(
        points,
        pointer({
          x: 'x',
          y: 'value',
          title: ({ round, value }: Point) => `Round ${round}: ${tick(value)}`,
          ...tipLooks,
        }),
      ),
    ],
  })
}

const spread = (values: readonly number[], round: number): Point[] =>
  values.map((value, i) => ({
    x: round - 0.36 + (0.72 * (i + 0.5)) / values.length,
    round,
    value,
  }))

/** Evenly chosen, in their order, with the fastest and the slowest. */
function thin(values: readonly number[]): number[] {
  if (values.length <= MOST_DOTS) return [...values]
  const [low, high] = extent(values)
  const step = values.length / (MOST_DOTS - 2)
  const chosen = new Set(Array.from({ length: MOST_DOTS - 2 }, (_, i) => Math.floor(i * step)))
  chosen.add(values.indexOf(low)).add(values.indexOf(high))
  return values.filter((_, i) => chosen.has(i))
}
