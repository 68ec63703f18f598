import { h } from '../../../../../bench/page/view/dom.ts'
import type { EvaluationFacts } from '../messages.ts'
import { count, countOf, nameOf, percent } from './format.ts'
import type { Pair } from './mistakes.ts'

/** More rows than that are no picture any more: then the classes with the most mistakes are shown. */
const MOST = 30

/** Numbers stand in the cells of a matrix of at most so many classes. */
const WITH_NUMBERS = 15

/**
 * A heat map: the share of each row's pictures that was taken for each column's class. Cells with mistakes can be chosen.
 */
export function confusionMatrix(
  evaluation: EvaluationFacts,
  labels: readonly string[],
  choose: (pair: Pair) => void,
): HTMLElement {
  const shown = classesToShow(evaluation)
  const cells = countsOf(evaluation)
  const name = (label: number) => nameOf(labels, label)
  const said = h(
    'p',
    { class: 'vt-note', 'aria-hidden': 'true' },
    'Rows are true classes, columns what they were taken for.',
  )
  const hint = said.textContent!
  const numbers = shown.length <= WITH_NUMBERS
  const row = (label: number) => {
    const [all] = evaluation.classes[label]!
    return h(
      'tr',
      {},
      h('th', { scope: 'row', title: name(label) }, h('span', {}, name(label))),
      ...shown.map((predicted) => {
        const value = cells.get(`${label} ${predicted}`) ?? 0
        const share = all === 0 ? 0 : value / all
        const text = `${count(value)} of ${countOf(all, 'picture')} of ${name(label)} taken for ${name(predicted)} (${percent(share)})`
        const cell = h(
          'td',
          {
            class: label === predicted ? 'vt-right' : value > 0 ? 'vt-wrong' : undefined,
            // Text must stay legible on the darkest cell.
            style: `--share: ${Math.round(62 * Math.sqrt(share))}%`,
          },
          numbers && value > 0 ? count(value) : h('span', { class: 'vt-spoken' }, count(value)),
        )
        cell.addEventListener('pointerenter', () => {
          said.textContent = text
        })
        if (label !== predicted && value > 0) {
          cell.addEventListener('click', () => choose({ label, predicted }))
        }
        return cell
      }),
    )
  }
  const table = h(
    'table',
    { class: `vt-matrix${numbers ? ' vt-numbers' : ''}` },
    h(
      'caption',
      { class: 'vt-spoken' },
      'Rows are true classes, columns what they were taken for.',
    ),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('td'),
        ...shown.map((label) =>
          h('th', { scope: 'col', title: name(label) }, h('span', {}, name(label))),
        ),
      ),
    ),
    h('tbody', {}, ...shown.map(row)),
  )
  table.addEventListener('pointerleave', () => {
    said.textContent = hint
  })
  const left = evaluation.classes.length - shown.length
  const region = {
    class: 'vt-scroll',
    role: 'region',
    tabindex: '0',
    'aria-label': 'Confusion matrix',
  }
  return h(
    'div',
    {},
    h('div', region, table),
    said,
    left > 0
      ? h(
          'p',
          { class: 'vt-note' },
          `The ${MOST} classes with the most mistakes; ${countOf(left, 'class', 'classes')} more.`,
        )
      : undefined,
  )
}

/** All classes, or those with the most mistakes, in their order. */
function classesToShow({ classes, confused }: EvaluationFacts): number[] {
  const all = classes.map((_, label) => label)
  if (all.length <= MOST) return all
  const mistakes = classes.map(() => 0)
  for (const [label, predicted, value] of confused) {
    mistakes[label]! += value
    mistakes[predicted]! += value
  }
  const worst = [...all].sort((a, b) => mistakes[b]! - mistakes[a]! || a - b).slice(0, MOST)
  return worst.sort((a, b) => a - b)
}

function countsOf({ classes, confused }: EvaluationFacts): Map<string, number> {
  const cells = new Map(classes.map(([, right], label) => [`${label} ${label}`, right]))
  for (const [label, predicted, value] of confused) cells.set(`${label} ${predicted}`, value)
  return cells
}
