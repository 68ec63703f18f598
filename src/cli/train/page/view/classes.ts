import { button, h } from '../../../../../bench/page/view/dom.ts'
import type { EvaluationFacts } from '../messages.ts'
import { count, nameOf, percent } from './format.ts'

/** So many classes are shown until one asks for more. */
const FIRST = 20

/** Bars of how well each class is recognised, the worst first. */
export function classTable({ classes }: EvaluationFacts, labels: readonly string[]): HTMLElement {
  const rows = classes
    .map(([pictures, right, taken], label) => ({
      name: nameOf(labels, label),
      pictures,
      recall: pictures === 0 ? undefined : right / pictures,
      precision: taken === 0 ? undefined : right / taken,
    }))
    .sort((a, b) => (a.recall ?? 2) - (b.recall ?? 2))
  const body = h('tbody')
  const fill = (most: number) => body.replaceChildren(...rows.slice(0, most).map(rowOf))
  fill(FIRST)
  const table = h(
    'table',
    { class: 'vt-classes' },
    h(
      'caption',
      { class: 'vt-note' },
      'Recognised: of the pictures of a class. Right: of those taken for it.',
    ),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'col' }, 'class'),
        h('th', { scope: 'col' }, 'pictures'),
        h('th', { scope: 'col' }, 'recognised'),
        h('th', { scope: 'col' }, 'right'),
      ),
    ),
    body,
  )
  const holder = h('div', {}, table)
  if (rows.length > FIRST) {
    const more = button(
      `Show all ${count(rows.length)} classes`,
      () => {
        fill(rows.length)
        more.remove()
      },
      'vt-button',
    )
    holder.append(more)
  }
  return holder
}

function rowOf({
  name,
  pictures,
  recall,
  precision,
}: {
  name: string
  pictures: number
  recall: number | undefined
  precision: number | undefined
}): HTMLElement {
  return h(
    'tr',
    {},
    h('th', { scope: 'row', title: name }, name),
    h('td', {}, count(pictures)),
    barCell(recall),
    barCell(precision),
  )
}

const barCell = (share: number | undefined) =>
  share === undefined
    ? h('td', {}, '–')
    : h(
        'td',
        { class: 'vt-bar-cell' },
        h('span', { class: 'vt-bar', style: `--share: ${(100 * share).toFixed(1)}%` }),
        percent(share),
      )
