import { h } from './dom.ts'

export interface Figure {
  readonly caption: string
  /** What the plot says, in words, for screen readers. */
  readonly label: string
  readonly wide?: boolean
  /** @param width in CSS pixels */
  draw(width: number): SVGElement | HTMLElement
}

/** Narrower ones are scaled down. */
const LEAST_WIDTH = 240

/** Plots that are drawn anew when their width changes, so that their letters keep their size. */
export class Figures {
  readonly #draw = new Map<Element, Figure>()
  readonly #drawn = new Map<Element, number>()
  readonly #observer = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) this.#fit(target, Math.round(contentRect.width))
  })

  element(figure: Figure): HTMLElement {
    const place = h('div', { class: 'vr-plot' })
    this.#draw.set(place, figure)
    this.#observer.observe(place)
    const name = figure.wide ? 'vr-figure vr-wide' : 'vr-figure'
    return h('figure', { class: name }, h('figcaption', {}, figure.caption), place)
  }

  grid(figures: readonly Figure[]): HTMLElement {
    return h('div', { class: 'vr-grid' }, ...figures.map((figure) => this.element(figure)))
  }

  dispose(): void {
    this.#observer.disconnect()
  }

  #fit(place: Element, width: number): void {
    if (width === 0 || this.#drawn.get(place) === width) return
    this.#drawn.set(place, width)
    const figure = this.#draw.get(place)!
    const plot = figure.draw(Math.max(width, LEAST_WIDTH))
    plot.setAttribute('role', 'img')
    plot.setAttribute('aria-label', figure.label)
    place.replaceChildren(plot)
  }
}
