import { h } from '../../../../../bench/page/view/dom.ts'
import type { EvaluationFacts, RunRecord } from '../messages.ts'
import { classTable } from './classes.ts'
import { confusionMatrix } from './confusion.ts'
import { count, countOf, percent } from './format.ts'
import { mistakeGrid, type Pair } from './mistakes.ts'
import { pairList } from './pairs.ts'

const TITLES: Readonly<Record<string, string>> = {
  validation: 'Held-out pictures',
  test: 'Test pictures',
  train: 'Training pictures',
  all: 'All pictures',
}

/** What a model gets wrong: of one of the evaluations that there are. */
export class Evaluations {
  readonly element = h('section', { 'aria-labelledby': 'vt-evaluation', hidden: true })
  readonly #title = h('h2', { id: 'vt-evaluation' })
  readonly #choice = h('div', { class: 'vt-controls' })
  readonly #lead = h('p', { class: 'vt-lead' })
  readonly #body = h('div')
  #record: RunRecord | undefined
  #chosen: string | undefined
  #shown: EvaluationFacts | undefined

  constructor() {
    const head = h('div', { class: 'vt-head' }, this.#title, this.#choice)
    this.element.append(head, this.#lead, this.#body)
  }

  /** Draws anew only what is new, so that what one reads stays where it is. */
  show(record: RunRecord): void {
    this.#record = record
    const splits = Object.keys(record.evaluations)
    const split = this.#chosen ?? (splits.includes('test') ? 'test' : splits[0])
    const evaluation = split === undefined ? undefined : record.evaluations[split]
    if (!evaluation || evaluation === this.#shown) return
    this.#shown = evaluation
    this.element.hidden = false
    this.#title.textContent = TITLES[evaluation.split] ?? evaluation.split
    this.#offer(splits, evaluation.split)
    this.#lead.textContent = leadOf(evaluation)
    this.#fill(evaluation, record.labels)
  }

  #offer(splits: readonly string[], current: string): void {
    this.#choice.replaceChildren()
    if (splits.length < 2) return
    for (const split of splits) {
      const input = h('input', {
        type: 'radio',
        name: 'vt-split',
        value: split,
        checked: split === current,
      })
      input.addEventListener('change', () => {
        this.#chosen = split
        if (this.#record) this.show(this.#record)
        this.#choice.querySelector<HTMLInputElement>(`input[value="${split}"]`)?.focus()
      })
      this.#choice.append(h('label', {}, input, ` ${TITLES[split] ?? split}`))
    }
  }

  #fill(evaluation: EvaluationFacts, labels: readonly string[]): void {
    const mistakes = h('div')
    const choose = (pair: Pair | undefined) =>
      mistakes.replaceChildren(mistakeGrid(evaluation, labels, pair, () => choose(undefined)))
    choose(undefined)
    const go = (pair: Pair) => {
      choose(pair)
      mistakes.scrollIntoView({ block: 'nearest' })
    }
    this.#body.replaceChildren(
      h(
        'div',
        { class: 'vt-columns' },
        part('Which class is taken for which', confusionMatrix(evaluation, labels, go)),
        part('Class by class', classTable(evaluation, labels)),
      ),
      ...(evaluation.confused.length > 0
        ? [part('Most often confused', pairList(evaluation, labels, go))]
        : []),
      part('The most wrong pictures', mistakes),
    )
  }
}

const part = (title: string, content: Node) =>
  h('div', { class: 'vt-part' }, h('h3', {}, title), content)

function leadOf({ step, pictures, accuracy, accuracyAmongAll, top5 }: EvaluationFacts): string {
  const when = step === undefined ? '' : `After update ${count(step)}: `
  const right = `${percent(accuracy)} of ${countOf(pictures, 'picture')} right`
  const five = top5 === undefined ? '' : `, ${percent(top5)} among the first five`
  const all =
    accuracyAmongAll === undefined
      ? ''
      : `; ${percent(accuracyAmongAll)} among all classes of the model`
  return `${when}${right}${five}${all}.`
}
