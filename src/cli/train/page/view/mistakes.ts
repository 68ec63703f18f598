import { button, h } from '../../../../../bench/page/view/dom.ts'
import type { EvaluationFacts, MistakeFacts } from '../messages.ts'
import { count, nameOf, percent, short } from './format.ts'

/** Pictures of one class that were taken for another. */
export interface Pair {
  readonly label: number
  readonly predicted: number
}

/** The most wrong pictures: all, or those of one pair of classes. */
export function mistakeGrid(
  { mistakes, confused }: EvaluationFacts,
  labels: readonly string[],
  pair: Pair | undefined,
  showAll: () => void,
): HTMLElement {
  const found = mistakes.filter(
    ({ label, predicted }) => !pair || (label === pair.label && predicted === pair.predicted),
  )
  const wrong = confused.reduce((sum, [, , times]) => sum + times, 0)
  const said = pair
    ? `${nameOf(labels, pair.label)} taken for ${nameOf(labels, pair.predicted)}: ${count(found.length)} of the ${count(mistakes.length)} most wrong pictures. `
    : wrong === 0
      ? 'No picture is wrong.'
      : `${count(found.length)} of ${count(wrong)} wrong pictures, those of the highest loss first.`
  const note = h('p', { class: 'vt-note', role: 'status' }, said)
  if (pair) note.append(button('Show all', showAll, 'vt-button'))
  return h(
    'div',
    {},
    note,
    h('ul', { class: 'vt-mistakes' }, ...found.map((one) => card(one, labels))),
  )
}

function card(
  { name, label, predicted, probability, loss, thumbnail }: MistakeFacts,
  labels: readonly string[],
): HTMLElement {
  const image = thumbnail?.startsWith('data:image/png;base64,')
    ? h('img', { src: thumbnail, alt: '' })
    : h('div', { class: 'vt-no-picture' })
  if (image instanceof HTMLImageElement) {
    image.addEventListener('load', () => {
      // Few pixels look better as squares than as a blur.
      image.classList.toggle('vt-pixels', Math.max(image.naturalWidth, image.naturalHeight) <= 48)
    })
  }
  return h(
    'li',
    {},
    h('div', { class: 'vt-picture' }, image),
    h(
      'p',
      {},
      h('b', {}, nameOf(labels, label)),
      h(
        'span',
        { class: 'vt-taken' },
        h('span', { class: 'vt-spoken' }, ' taken for '),
        `${nameOf(labels, predicted)} ${percent(probability)}`,
      ),
    ),
    h('p', { class: 'vt-file', title: `${name}, loss ${short(loss)}` }, name),
  )
}
