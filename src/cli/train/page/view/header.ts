import { h } from '../../../../../bench/page/view/dom.ts'
import type { RunRecord, State } from '../messages.ts'
import { count, countOf, duration, percent, short } from './format.ts'

const PHASES: Readonly<Record<State['phase'], string>> = {
  begins: 'Begins',
  trains: 'Training',
  evaluates: 'Evaluating',
  finished: 'Finished',
  stopped: 'Stopped',
}

/** What is trained, how far it is, and the numbers that matter. */
export class Header {
  readonly element = h('header')
  readonly #kicker = h('p', { class: 'vt-kicker' })
  readonly #title = h('h1')
  readonly #facts = h('p', { class: 'vt-lead' })
  readonly #phase = h('span', { class: 'vt-phase' })
  readonly #progress = h('progress', { 'aria-label': 'Progress', max: '1', value: '0' })
  readonly #detail = h('span', { class: 'vt-detail' })
  readonly #status = h('div', { class: 'vt-status' }, this.#phase, this.#progress, this.#detail)
  readonly #tiles = h('dl', { class: 'vt-tiles' })
  /** Only what a listener wants to hear: phases and evaluations, not every update. */
  readonly #spoken = h('p', { class: 'vt-spoken', role: 'status' })
  #said = ''

  constructor() {
    this.element.append(
      this.#kicker,
      this.#title,
      this.#facts,
      this.#status,
      this.#tiles,
      this.#spoken,
    )
  }

  /** @param connection what is wrong with it, if something is */
  show(record: RunRecord, title: string, connection: string | undefined): void {
    const { run, state, steps } = record
    this.#kicker.textContent = run ? 'vitrine train' : 'vitrine evaluate'
    this.#title.textContent = title
    this.#facts.textContent = run ? factsOf(run) : ''
    this.#facts.hidden = !run
    this.#status.hidden = !run
    this.#phase.dataset.phase = connection ? 'lost' : state.phase
    this.#phase.textContent = connection ?? PHASES[state.phase]
    const { evaluating } = state
    const done = steps.at(-1)?.step ?? run?.done ?? 0
    const total = run?.totalSteps ?? 1
    this.#progress.max = evaluating && state.phase === 'evaluates' ? evaluating.total : total
    this.#progress.value = evaluating && state.phase === 'evaluates' ? evaluating.done : done
    this.#detail.textContent = detailOf(record, done, total)
    this.#tiles.replaceChildren(...tilesOf(record))
    this.#say(record)
  }

  #say({ state, scores }: RunRecord): void {
    const last = scores.at(-1)
    const accuracy = last
      ? ` After update ${last.step}, ${percent(last.accuracy)} of held-out pictures are right.`
      : ''
    const text = `${PHASES[state.phase]}.${accuracy}`
    if (text === this.#said) return
    this.#said = text
    this.#spoken.textContent = text
  }
}

function factsOf({ model, labels, pictures, batch, totalSteps }: NonNullable<RunRecord['run']>) {
  const { train, validation, test } = pictures
  return [
    `From ${model}.`,
    `${countOf(labels.length, 'class', 'classes')};`,
    `${countOf(train, 'picture')} to train on, ${count(validation)} held out, ${count(test)} for the test;`,
    `${countOf(totalSteps, 'update')} of ${countOf(batch, 'picture')}.`,
  ].join(' ')
}

function detailOf({ state }: RunRecord, done: number, total: number): string {
  const { phase, evaluating, secondsLeft, reason } = state
  if (phase === 'evaluates' && evaluating) {
    const which = evaluating.split === 'test' ? 'test' : 'held-out'
    return `${count(evaluating.done)} of ${count(evaluating.total)} ${which} pictures`
  }
  const updates = `update ${count(done)} of ${count(total)}`
  if (phase === 'stopped') return reason === undefined ? updates : `${updates}: ${reason}`
  if (phase === 'trains' && secondsLeft !== undefined && secondsLeft > 0) {
    return `${updates}, ${duration(secondsLeft)} left`
  }
  return updates
}

function tilesOf({ steps, scores, evaluations, run }: RunRecord): HTMLElement[] {
  const tile = (name: string, value: string, rest = '') =>
    h('div', {}, h('dt', {}, name), h('dd', {}, value, h('small', {}, rest)))
  const tiles: HTMLElement[] = []
  const recent = steps.slice(-20)
  const mean = (of: (one: (typeof steps)[number]) => number) =>
    recent.reduce((sum, one) => sum + of(one), 0) / recent.length
  const { test } = evaluations
  if (test)
    tiles.push(tile('Test', percent(test.accuracy), `of ${countOf(test.pictures, 'picture')}`))
  const last = scores.at(-1)
  if (last) {
    const best = scores.reduce((one, other) => (other.accuracy > one.accuracy ? other : one))
    const rest =
      best === last
        ? 'the best so far'
        : `best ${percent(best.accuracy)}, update ${count(best.step)}`
    tiles.push(tile('Held out', percent(last.accuracy), rest))
  }
  if (recent.length > 0) {
    const over = `mean of ${countOf(recent.length, 'update')}`
    tiles.push(tile('Loss', short(mean(({ loss }) => loss)), over))
    tiles.push(
      tile('Pictures a second', short(mean(({ imagesPerSecond }) => imagesPerSecond)), over),
    )
  }
  if (!run) {
    for (const one of Object.values(evaluations)) tiles.push(...scoreTiles(one, tile))
  }
  return tiles
}

function scoreTiles(
  { split, accuracy, accuracyAmongAll, top5, loss, pictures }: RunRecord['evaluations'][string],
  tile: (name: string, value: string, rest?: string) => HTMLElement,
): HTMLElement[] {
  return [
    ...(split === 'test'
      ? []
      : [tile('Accuracy', percent(accuracy), `of ${countOf(pictures, 'picture')}`)]),
    ...(accuracyAmongAll === undefined
      ? []
      : [tile('Accuracy', percent(accuracyAmongAll), 'among all classes of the model')]),
    ...(top5 === undefined ? [] : [tile('Among the first five', percent(top5))]),
    tile('Loss', short(loss), 'mean'),
  ]
}
