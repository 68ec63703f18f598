import type { CaseReport, Report } from '../report/report.ts'
import { type Choice, h, select } from './view/dom.ts'
import { Figures } from './view/figures.ts'
import { glance } from './view/glance.ts'
import { header } from './view/header.ts'
import {
  type Baseline,
  baselineIn,
  engineOrder,
  type FilterName,
  type Filters,
  filtered,
  filterNames,
  filterValues,
  isMeasured,
  levelTitles,
  noFilters,
} from './view/rows.ts'
import { RunsSection } from './view/runs-section.ts'
import { levelSections } from './view/sections.ts'
import { resultsTable, type Sorting } from './view/table.ts'
import { untimedTable } from './view/untimed.ts'

export interface ReportView {
  /** Shows other reports, or more of the same one, with the reader's filters as they are. */
  update(reports: readonly Report[]): void
  /** Empties the element. */
  dispose(): void
}

/**
 * Shows reports in an element, one at a time, the last one first. `report.css` has the looks.
 * @param element what is in it goes away
 */
export function renderReport(element: HTMLElement, reports: readonly Report[]): ReportView {
  return new View(element, reports)
}

class View implements ReportView {
  readonly #element: HTMLElement
  readonly #top = h('div')
  readonly #content = h('div')
  #reports: readonly Report[]
  #index: number
  #filters: Filters = noFilters
  #baseline = ''
  readonly #sorting: Sorting = { column: -1, descending: false }
  #figures = new Figures()
  #runs: RunsSection | undefined

  constructor(element: HTMLElement, reports: readonly Report[]) {
    this.#element = element
    this.#reports = reports
    this.#index = reports.length - 1
    element.replaceChildren(h('article', { class: 'vitrine-report' }, this.#top, this.#content))
    this.#draw()
  }

  update(reports: readonly Report[]): void {
    // A reader who looks at the newest run goes on looking at the newest.
    const newest = this.#index === this.#reports.length - 1
    this.#reports = reports
    this.#index = newest ? reports.length - 1 : Math.min(this.#index, reports.length - 1)
    this.#draw()
  }

  dispose(): void {
    this.#forget()
    this.#element.replaceChildren()
  }

  #forget(): void {
    this.#figures.dispose()
    this.#runs?.dispose()
  }

  #draw(): void {
    const report = this.#reports[this.#index]
    if (!report) {
      this.#top.replaceChildren(h('p', { class: 'vr-notice' }, 'There is no report yet.'))
      this.#content.replaceChildren()
      return
    }
    // A filter that lets nothing of this report through is of another one.
    for (const name of filterNames) {
      if (!filterValues(report, name).includes(this.#filters[name])) this.#set(name, '')
    }
    this.#top.replaceChildren(header(report), this.#controls(report))
    this.#drawContent(report)
  }

  #set(name: FilterName, value: string): void {
    this.#filters = { ...this.#filters, [name]: value }
  }

  #drawContent(report: Report): void {
    this.#forget()
    this.#figures = new Figures()
    const cases = filtered(report, this.#filters)
    this.#runs = new RunsSection(cases)
    const baseline = baselineIn(report, this.#chosenBaseline(report))
    const { ceilings } = report.machine
    const sections = cases.some(({ outcomes }) => outcomes.some(isMeasured))
      ? [
          glance(cases),
          ...levelSections(cases, { baseline, ceilings }, this.#figures),
          this.#numbers(cases, baseline),
        ]
      : [h('p', { class: 'vr-notice' }, 'Nothing was measured here.'), untimedTable(cases)]
    this.#content.replaceChildren(...sections.filter((one) => one !== undefined))
  }

  #numbers(cases: readonly CaseReport[], baseline: Baseline): HTMLElement {
    const untimed = untimedTable(cases)
    return h(
      'section',
      { class: 'vr-level' },
      h('h2', {}, 'All numbers'),
      resultsTable(cases, baseline, this.#sorting),
      ...(untimed ? [untimed] : []),
      this.#runs!.element,
    )
  }

  /** What the reader chose, what the report was made with, or the fastest that was measured. */
  #chosenBaseline(report: Report): string {
    const engines = baselines(report)
    const wanted = [this.#baseline, report.settings.baseline]
    return wanted.find((engine) => engines.includes(engine)) ?? engines[0] ?? ''
  }

  #controls(report: Report): HTMLElement {
    const redraw = () => this.#drawContent(report)
    const filters = filterNames.flatMap((name) => {
      const values = filterValues(report, name)
      if (values.length < 2) return []
      const choices = [{ value: '', text: 'all' }, ...values.map((value) => choice(name, value))]
      return [
        select(filterTitles[name], choices, this.#filters[name], (value) => {
          this.#set(name, value)
          redraw()
        }),
      ]
    })
    const engines = baselines(report).map((engine) => ({ value: engine, text: engine }))
    const baseline =
      engines.length < 2
        ? []
        : [
            select('Baseline', engines, this.#chosenBaseline(report), (value) => {
              this.#baseline = value
              redraw()
            }),
          ]
    return h(
      'nav',
      { class: 'vr-controls vr-sticky', 'aria-label': 'What is shown' },
      ...this.#reportChoice(),
      ...filters,
      ...baseline,
    )
  }

  #reportChoice(): HTMLElement[] {
    if (this.#reports.length < 2) return []
    const choices = this.#reports.map(({ date, machine: { runtime, cpu } }, i) => ({
      value: String(i),
      text: `${date.slice(0, 16).replace('T', ' ')}, ${runtime.name} ${runtime.version}, ${cpu}`,
    }))
    return [
      select('Report', choices, String(this.#index), (value) => {
        this.#index = Number(value)
        this.#draw()
      }),
    ]
  }
}

const filterTitles: Readonly<Record<FilterName, string>> = {
  level: 'Level',
  threads: 'Threads',
  batch: 'Batch',
  dtype: 'Type',
}

function choice(name: FilterName, value: string): Choice {
  const title = name === 'level' ? levelTitles[value as keyof typeof levelTitles] : undefined
  return { value, text: title ?? value }
}

/** Engines that were measured on something, fastest first. */
function baselines({ cases }: Report): string[] {
  const measured = cases.map((one) => ({ ...one, outcomes: one.outcomes.filter(isMeasured) }))
  return engineOrder(measured)
}
