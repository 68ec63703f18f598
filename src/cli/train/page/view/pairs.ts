import { h } from '../../../../../bench/page/view/dom.ts'
import type { EvaluationFacts } from '../messages.ts'
import { count, nameOf } from './format.ts'
import type { Pair } from './mistakes.ts'

const MOST = 12

/** The classes that are confused most often; one can be chosen, to see its pictures. */
export function pairList(
  { confused }: EvaluationFacts,
  labels: readonly string[],
  choose: (pair: Pair) => void,
): HTMLElement {
  const items = confused.slice(0, MOST).map(([label, predicted, times]) => {
    const element = h(
      'button',
      { type: 'button', class: 'vt-pair' },
      h('b', {}, count(times)),
      ' ',
      h('span', {}, nameOf(labels, label)),
      h('span', { class: 'vt-muted' }, ' taken for '),
      h('span', {}, nameOf(labels, predicted)),
    )
    element.addEventListener('click', () => choose({ label, predicted }))
    return h('li', {}, element)
  })
  return h('ul', { class: 'vt-pairs' }, ...items)
}
