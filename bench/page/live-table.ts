import type { CaseReport, Outcome } from '../report/report.ts'
import { h } from './view/dom.ts'
import { lookOf } from './view/engines.ts'
import { digits, duration, times } from './view/format.ts'
import { caseTitle } from './view/rows.ts'

/** One case while it is measured: a bar and a few numbers for every engine. */
export function liveTable({ bench, outcomes }: CaseReport): HTMLElement {
  const slowest = Math.max(...outcomes.map(medianOf).filter(Number.isFinite))
  const titles = ['Engine', '', 'Time', 'GFLOP/s', 'Speed-up']
  const head = titles.map((title) =>
    h('th', { scope: 'col', class: title === 'Engine' && 'vr-text' }, title),
  )
  return h(
    'table',
    { class: 'live' },
    h('caption', {}, caseTitle(bench)),
    h('thead', {}, h('tr', {}, ...head)),
    h('tbody', {}, ...outcomes.map((one) => row(one, slowest))),
  )
}

function row(one: Outcome, slowest: number): HTMLElement {
  const name = h('th', { scope: 'row' }, one.engine)
  if (one.status !== 'measured') {
    // An engine that has not had a turn yet is written down as interrupted.
    const waits = one.status === 'interrupted'
    const text = waits ? '…' : `${one.status}: ${one.reason}`
    return h('tr', {}, name, h('td', { class: 'vr-text vr-status', colspan: '4' }, text))
  }
  const { median, gflops, ratio } = one.summary
  const bar = h('div', { class: 'length' })
  bar.style.width = `${(100 * median) / slowest}%`
  bar.style.background = lookOf(one.engine, one.dtype).colour
  const cells = [duration(median), digits(gflops), ratio ? times(1 / ratio.value) : '']
  return h(
    'tr',
    {},
    name,
    h('td', { class: 'lengths' }, bar),
    ...cells.map((text) => h('td', {}, text)),
  )
}

const medianOf = (one: Outcome) => (one.status === 'measured' ? one.summary.median : Number.NaN)
