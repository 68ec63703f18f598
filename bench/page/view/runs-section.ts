import type { CaseReport } from '../../report/report.ts'
import { h, select } from './dom.ts'
import { Figures } from './figures.ts'
import { digits, plural } from './format.ts'
import { caseTitle, engineOrder, levelTitles, measuredRows } from './rows.ts'
import { isThinned, runs } from './runs.ts'

/** Every single run of one case, which the reader chooses. */
export class RunsSection {
  readonly element: HTMLElement
  readonly #cases: readonly CaseReport[]
  readonly #content = h('div')
  #figures = new Figures()

  constructor(cases: readonly CaseReport[]) {
    this.#cases = cases.filter((one) => measuredRows(one).length > 0)
    const choices = this.#cases.map(({ bench }, i) => ({
      value: String(i),
      text: `${caseTitle(bench)} (${levelTitles[bench.level].toLowerCase()})`,
    }))
    const choose = select('Case', choices, '0', (value) => this.#show(Number(value)))
    this.element = h(
      'section',
      { class: 'vr-topic' },
      h('h3', {}, 'Every run'),
      h(
        'p',
        { class: 'vr-lead' },
        'Each dot is a run, in the order of time; bars are the medians of the rounds. Steps between rounds that all engines share are the machine’s doing, not theirs.',
      ),
      h('div', { class: 'vr-controls' }, choose),
      this.#content,
    )
    if (this.#cases.length > 0) this.#show(0)
  }

  dispose(): void {
    this.#figures.dispose()
  }

  #show(index: number): void {
    this.#figures.dispose()
    this.#figures = new Figures()
    const chosen = this.#cases[index]!
    this.#content.replaceChildren(
      this.#figures.grid(runs(chosen, engineOrder([chosen]))),
      ...(isThinned(chosen)
        ? [
            h(
              'p',
              { class: 'vr-note' },
              'Where a round has many runs, the plots show 150 of them, always with the fastest and the slowest.',
            ),
          ]
        : []),
      ...measuredRows(chosen).map(({ one }) => numbers(one.engine, one.wall)),
    )
  }
}

/** The times themselves; written only when the section is opened. */
function numbers(engine: string, wall: readonly (readonly number[])[]): HTMLElement {
  const count = wall.reduce((sum, round) => sum + round.length, 0)
  const details = h(
    'details',
    { class: 'vr-times' },
    h('summary', {}, `${engine}: ${plural(count, 'run')} in milliseconds`),
  )
  const list = h('ol')
  details.append(list)
  details.addEventListener(
    'toggle',
    () => {
      list.replaceChildren(
        ...wall.map((round) => h('li', {}, round.map((time) => digits(time, 5)).join('  '))),
      )
    },
    { once: true },
  )
  return details
}
