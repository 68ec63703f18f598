import type { CaseReport, Measured } from '../../report/report.ts'
import { h } from './dom.ts'
import { lookOf } from './engines.ts'
import { duration, interval, times } from './format.ts'
import { caseTitle, measuredRows, speedUp } from './rows.ts'

/** The fastest engine on each model, and by how much: a card for each model. */
export function glance(cases: readonly CaseReport[]): HTMLElement | undefined {
  const cards = cases.filter(({ bench }) => bench.level === 'model').flatMap(card)
  return cards.length === 0 ? undefined : h('ul', { class: 'vr-glance' }, ...cards)
}

function card(report: CaseReport): HTMLElement[] {
  const [best, second] = measuredRows(report)
    .map(({ one }) => one)
    .sort((a, b) => a.summary.median - b.summary.median)
  if (!best) return []
  const chip = h('i', { class: 'vr-chip', 'aria-hidden': 'true' })
  chip.style.background = lookOf(best.engine, best.dtype).colour
  return [
    h(
      'li',
      {},
      h('span', { class: 'vr-card-case' }, caseTitle(report.bench)),
      h('strong', {}, duration(best.summary.median)),
      h('span', { class: 'vr-card-engine' }, chip, best.engine),
      ...(second ? [h('span', { class: 'vr-card-rest' }, distance(best, second))] : []),
    ),
  ]
}

/** Only what the interval allows to say. */
function distance(best: Measured, second: Measured): string {
  const { value, interval: range } = speedUp(best, second)
  if (range[0] <= 1) return `level with ${second.engine}`
  return `${times(value)} as fast as ${second.engine} (${interval(range)})`
}
