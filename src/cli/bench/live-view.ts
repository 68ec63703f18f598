import { createLogUpdate } from 'log-update'
import type { CaseReport } from '../../../bench/report/report.ts'
import { colours } from '../view/colours.ts'
import { printable } from '../view/printable.ts'
import { viewCase } from './case-view.ts'

/** Shows the results so far on a terminal; does nothing on other streams. */
export function createLiveView(cases: number) {
  const { stderr } = process
  if (!stderr.isTTY) return { update() {}, clear() {} }
  const show = createLogUpdate(stderr)
  const style = colours(stderr)
  return {
    update(doing: string, current: CaseReport, at: number) {
      const known = { ...current, outcomes: current.outcomes.filter(hasResult) }
      const progress = style.dim(`${at + 1} of ${cases}: ${doing}`)
      show(printable(`${viewCase(known, style, stderr.columns ?? 80)}${progress}`))
    },
    clear: () => show.clear(),
  }
}

/** Engines count as interrupted until their first turn. */
const hasResult = ({ status }: CaseReport['outcomes'][number]) => status !== 'interrupted'
