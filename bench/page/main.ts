import type { BrowserPlan, ServerState } from '../browser/plan.ts'
import type { SuiteEvents } from '../drive/suite.ts'
import type { Report } from '../report/report.ts'
import { cares, engineBoxes, modelBoxes, planOf } from './choices.ts'
import { liveTable } from './live-table.ts'
import { type ReportView, renderReport } from './report.ts'
import { runPlan } from './run-plan.ts'
import { server } from './server.ts'
import { describeBrowser } from './user-agent.ts'
import { plural } from './view/format.ts'
import { caseTitle } from './view/rows.ts'

/** An element of index.html. */
function find<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id)
  if (element instanceof kind) return element
  throw new Error(`The page has no ${id}.`)
}

const form = find('choices', HTMLFormElement)
const run = find('run', HTMLButtonElement)
const stop = find('stop', HTMLButtonElement)
const status = find('status', HTMLElement)
const warning = find('warning', HTMLElement)
const progress = find('progress', HTMLProgressElement)
const [live, stage, tables] = ['live', 'stage', 'tables'].map((id) => find(id, HTMLElement)) as [
  HTMLElement,
  HTMLElement,
  HTMLElement,
]
const results = find('results', HTMLElement)
/** Of this visit, the last one last. */
let reports: readonly Report[] = []
let view: ReportView | undefined
let controller: AbortController | undefined

begin().catch(({ message }: Error) => warn(message))

async function begin(): Promise<void> {
  const state = await server.state()
  const { name, version } = await describeBrowser()
  const { cpu, cores } = state.machine
  find('machine', HTMLElement).textContent = `${cpu}, ${plural(cores, 'core')} · ${name} ${version}`
  find('models', HTMLElement).append(...modelBoxes())
  find('engines', HTMLElement).append(...engineBoxes(state.engines))
  const { care, rounds } = form.elements as unknown as Record<string, HTMLInputElement>
  const setRounds = () => {
    rounds!.value = String(cares[care!.value as keyof typeof cares].rounds)
  }
  setRounds()
  care!.addEventListener('change', setRounds)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const plan = planOf(form)
    if (plan) measure(plan, state)
    else status.textContent = 'Choose a model and an engine.'
  })
  stop.addEventListener('click', () => controller?.abort())
  const events = new EventSource('/events')
  events.addEventListener('stop', () => controller?.abort())
  document.addEventListener('visibilitychange', () => {
    if (controller && document.hidden) {
      warn('This tab was in the background while it measured: browsers give it less then.')
    }
  })
  if (!crossOriginIsolated) {
    warn('This page is not isolated: no threads, and clocks that are not exact.')
  }
  run.disabled = false
  if (location.hash !== '#run') return
  // There is no server left to report to, or to close this browser.
  events.addEventListener('error', () => controller?.abort())
  await obey(state)
}

/** Measures what the command line has planned, and tells it. */
async function obey(state: ServerState): Promise<void> {
  try {
    const plan = await server.plan()
    const report = await measure(plan, state, {
      onProgress: (doing, current, at) => post({ doing, current, at, done: false }),
      onCase: (current, at) => post({ doing: '', current, at, done: true }),
    })
    if (report) await server.post('report', report)
    else await server.post('failure', { message: warning.textContent })
  } catch (error) {
    await server.post('failure', { message: (error as Error).message })
  }
}

const post = (body: object) => void server.post('progress', body).catch(() => {})

/** Shows what is measured, and then the report; undefined where the page itself failed. */
async function measure(
  plan: BrowserPlan,
  state: ServerState,
  events: SuiteEvents = {},
): Promise<Report | undefined> {
  controller = new AbortController()
  show(true)
  const current: HTMLElement[] = []
  tables.replaceChildren()
  try {
    const report = await runPlan(plan, state, stage, controller.signal, {
      onProgress(doing, known, at) {
        status.textContent = `${at + 1} of ${plan.cases.length}, ${caseTitle(known.bench)}: ${doing}`
        const table = liveTable(known)
        if (current[at]) current[at].replaceWith(table)
        else tables.prepend(table)
        current[at] = table
        events.onProgress?.(doing, known, at)
      },
      onCase(done, at) {
        progress.value = at + 1
        events.onCase?.(done, at)
      },
    })
    status.textContent = report.interrupted ? 'Stopped.' : 'Done.'
    reports = [...reports, report]
    results.hidden = false
    if (view) view.update(reports)
    else view = renderReport(results, reports)
    return report
  } catch (error) {
    status.textContent = ''
    warn((error as Error).message)
    return undefined
  } finally {
    controller = undefined
    show(false)
  }

  function show(running: boolean): void {
    const focused = document.activeElement
    form.hidden = running
    run.disabled = running
    stop.disabled = !running
    live.hidden = !running
    progress.hidden = !running
    if (running) {
      warning.hidden = true
      results.hidden = true
      progress.max = plan.cases.length
      progress.value = 0
      status.textContent = 'looking at the machine'
    }
    // A button that is disabled drops the focus, and keyboards start from the top again.
    if (running && focused === run) stop.focus()
    if (!running && focused === stop) run.focus({ preventScroll: true })
    if (running) scrollTo(0, 0)
    else if (!results.hidden) results.scrollIntoView()
  }
}

function warn(message: string): void {
  warning.textContent = message
  warning.hidden = false
}
