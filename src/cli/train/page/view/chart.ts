import { type ScaleLinear, type ScaleLogarithmic, scaleLinear, scaleLog } from 'd3-scale'
import { line } from 'd3-shape'
import { h } from '../../../../../bench/page/view/dom.ts'
import { count } from './format.ts'
import { nearest, type Point, thinned } from './series.ts'
import { svg } from './svg.ts'

/** A curve, and how it is called. */
export interface Series {
  readonly name: string
  /** Decides its colour. */
  readonly kind: 'faint' | 'main' | 'second'
  readonly points: readonly Point[]
  /** Whether each point is marked. */
  readonly dots?: boolean
}

export interface ChartOptions {
  readonly title: string
  readonly format: (value: number) => string
  /** For the axis, if another one. */
  readonly formatTick?: (value: number) => string
  /** What a y axis always includes. */
  readonly includes?: readonly number[]
}

interface Content {
  readonly series: readonly Series[]
  /** The last update of the run. */
  readonly end: number
  readonly log?: boolean
}

type YScale = ScaleLinear<number, number> | ScaleLogarithmic<number, number>

const HEIGHT = 220
const MARGIN = { top: 10, right: 12, bottom: 26, left: 52 }

/**
 * Curves over the updates of a run. What they are at an update is read where one points, or with the arrow keys.
 */
export class Chart {
  readonly element: HTMLElement
  readonly #options: ChartOptions
  readonly #plot = h('div', { class: 'vt-plot', role: 'slider', tabindex: '0' })
  readonly #legend = h('div', { class: 'vt-legend', 'aria-hidden': 'true' })
  #content: Content = { series: [], end: 1 }
  #at: number | undefined
  #toX: ScaleLinear<number, number> = scaleLinear()

  constructor(options: ChartOptions) {
    this.#options = options
    const caption = h('figcaption', {}, h('h3', {}, options.title), this.#legend)
    this.element = h('figure', { class: 'vt-chart' }, caption, this.#plot)
    new ResizeObserver(() => this.#draw()).observe(this.#plot)
    this.#plot.addEventListener('pointermove', ({ clientX }) => {
      this.#point(this.#toX.invert(clientX - this.#plot.getBoundingClientRect().left))
    })
    this.#plot.addEventListener('pointerleave', () => this.#point(undefined))
    this.#plot.addEventListener('blur', () => this.#point(undefined))
    this.#plot.addEventListener('keydown', (event) => this.#key(event))
  }

  show(content: Content): void {
    this.#content = content
    this.#draw()
  }

  #key(event: KeyboardEvent): void {
    const { end } = this.#content
    const at = this.#at ?? this.#last()
    const step = Math.max(1, Math.round(end / 100))
    const to = {
      ArrowLeft: at - step,
      ArrowDown: at - step,
      ArrowRight: at + step,
      ArrowUp: at + step,
      PageDown: at - 10 * step,
      PageUp: at + 10 * step,
      Home: 0,
      End: this.#last(),
    }[event.key]
    if (to === undefined) return
    event.preventDefault()
    this.#point(Math.min(Math.max(to, 1), this.#last()))
  }

  #last(): number {
    return Math.max(1, ...this.#content.series.map(({ points }) => points.at(-1)?.x ?? 1))
  }

  #point(at: number | undefined): void {
    this.#at = at
    this.#draw()
  }

  #draw(): void {
    const width = this.#plot.clientWidth
    if (width === 0) return
    const { series, end, log = false } = this.#content
    const drawn = series.map((one) => ({ ...one, points: thinned(one.points) }))
    const values = drawn.flatMap(({ points }) => points.map(({ y }) => y))
    const toX = scaleLinear([0, Math.max(1, end)], [MARGIN.left, width - MARGIN.right])
    this.#toX = toX
    const toY = this.#scaleY(values, log)
    const at = this.#at === undefined ? undefined : this.#found(series, this.#at)
    const picture = svg(
      'svg',
      { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, 'aria-hidden': 'true' },
      ...this.#grid(toX, toY, width),
      ...drawn.flatMap((one) => curve(one, toX, toY)),
      ...(at ? marks(at, toX, toY) : []),
    )
    if (values.length === 0) {
      picture.append(svg('text', { x: width / 2, y: HEIGHT / 2, class: 'vt-none' }, 'nothing yet'))
    }
    this.#plot.replaceChildren(picture)
    this.#say(at ?? this.#found(series, this.#last()), at !== undefined)
  }

  #scaleY(values: readonly number[], log: boolean): YScale {
    const range = [HEIGHT - MARGIN.bottom, MARGIN.top]
    const all = values.length === 0 ? [0, 1] : [...values, ...(this.#options.includes ?? [])]
    if (log) {
      const above = all.filter((value) => value > 0)
      const [low, high] = [Math.min(...above), Math.max(...above)]
      return scaleLog(above.length === 0 ? [0.1, 1] : [low, Math.max(high, 1.01 * low)], range)
        .nice()
        .clamp(true)
    }
    const [low, high] = [Math.min(...all), Math.max(...all)]
    return scaleLinear([low, high > low ? high : low + (Math.abs(low) || 1)], range).nice(4)
  }

  #grid(toX: ScaleLinear<number, number>, toY: YScale, width: number): SVGElement[] {
    const { format, formatTick = format } = this.#options
    const bottom = HEIGHT - MARGIN.bottom
    const ticks = toY.ticks(4)
    // A logarithmic scale gives more ticks than fit.
    const every = Math.ceil(ticks.length / 8)
    return [
      ...ticks
        .filter((_, i) => i % every === 0)
        .flatMap((tick) => {
          const y = toY(tick)
          const x2 = width - MARGIN.right
          return [
            svg('line', { x1: MARGIN.left, x2, y1: y, y2: y, class: 'vt-rule' }),
            svg('text', { x: MARGIN.left - 8, y: y + 4, class: 'vt-y' }, formatTick(tick)),
          ]
        }),
      ...toX
        .ticks(Math.max(2, Math.floor(width / 90)))
        .filter(Number.isInteger)
        .map((tick) => svg('text', { x: toX(tick), y: bottom + 18, class: 'vt-x' }, count(tick))),
    ]
  }

  #found(series: readonly Series[], x: number): Found[] {
    return series.flatMap((one) => {
      const point = nearest(one.points, x)
      return point ? [{ ...one, point }] : []
    })
  }

  /** The values at one update, in the legend and for screen readers. */
  #say(found: readonly Found[], isPointed: boolean): void {
    const { title, format } = this.#options
    const step = found[0]?.point.x ?? 0
    const texts = found.map(({ name, point }) => `${name} ${format(point.y)}`)
    const label = h('span', { class: 'vt-at' }, isPointed ? `update ${count(step)}` : '')
    const items = found.map(({ name, kind, point }) =>
      h('span', { class: `vt-item vt-${kind}` }, `${name} `, h('b', {}, format(point.y))),
    )
    this.#legend.replaceChildren(...(isPointed ? [label] : []), ...items)
    const attributes = {
      'aria-label': title,
      'aria-valuemin': '0',
      'aria-valuemax': String(this.#content.end),
      'aria-valuenow': String(step),
      'aria-valuetext':
        found.length > 0 ? `update ${count(step)}: ${texts.join(', ')}` : 'nothing yet',
    }
    for (const [name, value] of Object.entries(attributes)) this.#plot.setAttribute(name, value)
  }
}

type Found = Series & { readonly point: Point }

function curve(
  { kind, points, dots = false }: Series,
  toX: ScaleLinear<number, number>,
  toY: YScale,
): SVGElement[] {
  const draw = line<Point>(
    ({ x }) => toX(x),
    ({ y }) => toY(y),
  )
  const marked = dots || points.length === 1
  return [
    svg('path', { d: draw(points) ?? '', class: `vt-curve vt-${kind}` }),
    ...(marked && points.length <= 60
      ? points.map(({ x, y }) =>
          svg('circle', { cx: toX(x), cy: toY(y), r: 3, class: `vt-dot vt-${kind}` }),
        )
      : []),
  ]
}

function marks(
  found: readonly Found[],
  toX: ScaleLinear<number, number>,
  toY: YScale,
): SVGElement[] {
  const [first] = found
  if (!first) return []
  const x = toX(first.point.x)
  return [
    svg('line', { x1: x, x2: x, y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom, class: 'vt-cross' }),
    ...found.map(({ kind, point }) =>
      svg('circle', { cx: toX(point.x), cy: toY(point.y), r: 4, class: `vt-dot vt-${kind}` }),
    ),
  ]
}
