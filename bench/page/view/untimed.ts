import type { CaseReport, Untimed } from '../../report/report.ts'
import { h } from './dom.ts'
import { caseTitle, isMeasured } from './rows.ts'

interface Group {
  readonly one: Untimed
  readonly cases: string[]
}

/** The engines that were not timed, and why; a reason is given once for all of its cases. */
export function untimedTable(cases: readonly CaseReport[]): HTMLElement | undefined {
  const groups = new Map<string, Group>()
  for (const { bench, outcomes } of cases) {
    for (const one of outcomes) {
      if (isMeasured(one)) continue
      const key = JSON.stringify([one.engine, one.status, one.reason])
      const group = groups.get(key) ?? { one, cases: [] }
      group.cases.push(caseTitle(bench))
      groups.set(key, group)
    }
  }
  if (groups.size === 0) return undefined
  const rows = [...groups.values()].map(({ one, cases: names }) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row', title: one.title }, one.engine),
      h('td', { class: 'vr-text' }, h('span', { class: 'vr-status' }, one.status)),
      h('td', { class: 'vr-text vr-reason' }, one.reason),
      h('td', { class: 'vr-text vr-reason' }, names.join(' · ')),
    ),
  )
  const heads = ['Engine', 'Status', 'Reason', 'Cases'].map((text) =>
    h('th', { scope: 'col', class: 'vr-text' }, text),
  )
  return h(
    'section',
    { class: 'vr-topic' },
    h('h3', {}, 'Not timed'),
    h(
      'div',
      { class: 'vr-scroll', role: 'region', tabindex: '0', 'aria-label': 'Engines not timed' },
      h(
        'table',
        {},
        h('caption', {}, 'Engines that were asked for and were not timed.'),
        h('thead', {}, h('tr', {}, ...heads)),
        h('tbody', {}, ...rows),
      ),
    ),
  )
}
