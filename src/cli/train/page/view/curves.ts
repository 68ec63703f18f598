import { h } from '../../../../../bench/page/view/dom.ts'
import type { RunRecord, StepFacts } from '../messages.ts'
import { Chart } from './chart.ts'
import { percent, short, shortPercent } from './format.ts'
import { type Point, smoothed } from './series.ts'

/** The curves of a run, and how they are smoothed. */
export class Curves {
  readonly element: HTMLElement
  readonly #loss = new Chart({ title: 'Loss', format: short })
  readonly #accuracy = new Chart({
    title: 'Accuracy on held-out pictures',
    format: percent,
    formatTick: shortPercent,
    includes: [1],
  })
  readonly #rate = new Chart({ title: 'Learning rate', format: short, includes: [0] })
  readonly #speed = new Chart({ title: 'Pictures a second', format: short, includes: [0] })
  readonly #smoothing = h('input', {
    type: 'range',
    min: '0',
    max: '0.99',
    step: '0.01',
    value: '0.9',
  })
  readonly #log = h('input', { type: 'checkbox' })
  #record: RunRecord | undefined

  constructor() {
    for (const input of [this.#smoothing, this.#log]) {
      input.addEventListener('input', () => this.#record && this.show(this.#record))
    }
    const controls = h(
      'div',
      { class: 'vt-controls' },
      h('label', {}, 'Smoothing ', this.#smoothing),
      h('label', {}, this.#log, ' Logarithmic loss'),
    )
    const charts = [this.#loss, this.#accuracy, this.#rate, this.#speed]
    this.element = h(
      'section',
      { 'aria-labelledby': 'vt-curves' },
      h('div', { class: 'vt-head' }, h('h2', { id: 'vt-curves' }, 'Curves'), controls),
      h('div', { class: 'vt-charts' }, ...charts.map(({ element }) => element)),
    )
  }

  show(record: RunRecord): void {
    this.#record = record
    const { steps, scores, run } = record
    const end = run?.totalSteps ?? steps.at(-1)?.step ?? 1
    this.element.hidden = steps.length === 0 && scores.length === 0 && run === undefined
    const weight = Number(this.#smoothing.value)
    const of = (value: (one: StepFacts) => number): Point[] =>
      steps.map((one) => ({ x: one.step, y: value(one) }))
    const loss = of((one) => one.loss)
    const speed = of((one) => one.imagesPerSecond)
    const smooth = (points: readonly Point[]) => smoothed(points, weight)
    const held = scores.map(({ step, loss }) => ({ x: step, y: loss }))
    this.#loss.show({
      end,
      log: this.#log.checked,
      series: [
        ...(weight > 0 ? [{ name: 'each', kind: 'faint', points: loss } as const] : []),
        { name: 'training', kind: 'main', points: smooth(loss) },
        ...(held.length > 0
          ? [{ name: 'held out', kind: 'second', points: held, dots: true } as const]
          : []),
      ],
    })
    const accuracy = scores.map(({ step, accuracy }) => ({ x: step, y: accuracy }))
    this.#accuracy.show({
      end,
      series: [{ name: 'held out', kind: 'second', points: accuracy, dots: true }],
    })
    const rate = of((one) => one.learningRate)
    this.#rate.show({ end, series: [{ name: 'rate', kind: 'main', points: rate }] })
    this.#speed.show({
      end,
      series: [
        ...(weight > 0 ? [{ name: 'each', kind: 'faint', points: speed } as const] : []),
        { name: 'mean', kind: 'main', points: smooth(speed) },
      ],
    })
  }
}
