import { createLogUpdate } from 'log-update'
import type { CaseReport } from '../../../bench/report/report.ts'
import { colours } from '../view/colours.ts'
import { printable } from '../view/printable.ts'
import { viewCase } from './case-view.ts'

/** What is known so far, on a terminal; a stream that is none is told nothing until a case is done. */
export function createLiveView(cases: number) {
  const { stderr } = process
  if (!stderr.isTTY) return { update() {}, clear() {} }
  const show = createLogUpdate(stderr)
  const style = colours(stderr)
  return {
    update(doing: string, current: CaseReport, at: number) {
      const known = { ...current, outcomes: current.outcomes.filter(isNews) }
      const progress = style.dim(`${at + 1} of ${cases}: ${doing}`)
      show(printable(`${viewCase(known, style, stderr.columns ?? 80)}${progress}`))
    },
    clear: () => show.clear(),
  }
}

/** Who has not had a turn yet is no news. */
const isNews = ({ status }: CaseReport['outcomes'][number]) => status !== 'interrupted'
