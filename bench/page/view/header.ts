import type { Machine, Report, Settings } from '../../report/report.ts'
import { button, h } from './dom.ts'
import { date, digits, plural, span } from './format.ts'

/** Where and how it was measured. */
export function header(report: Report): HTMLElement {
  const { machine, settings, vitrine, seconds } = report
  const { name, version, v8 } = machine.runtime
  const facts: [string, string | undefined][] = [
    ['Measured', `${date(report.date)}, in ${span(seconds)}`],
    ['Processor', machine.cpu],
    ['Machine', machineText(machine)],
    ['System', machine.system],
    ['Runtime', `${runtimeName(name)} ${version}${v8 ? `, V8 ${v8}` : ''}`],
    ['Flags', flagsText(report)],
    ['vitrine', vitrine],
    ['Settings', settingsText(settings)],
    ['Ceiling of a core', ceilingsText(machine)],
    ['Noise', noiseText(report)],
  ]
  return h(
    'header',
    { class: 'vr-header' },
    h('p', { class: 'vr-kicker' }, 'vitrine bench'),
    h('h1', {}, `Vision Transformers on ${machine.cpu}`),
    ...(report.interrupted
      ? [
          h(
            'p',
            { class: 'vr-notice', role: 'note' },
            'This benchmark was stopped before it was done. What is here is what had been measured until then.',
          ),
        ]
      : []),
    h(
      'dl',
      { class: 'vr-facts' },
      ...facts.flatMap(([term, text]) =>
        text === undefined ? [] : [h('div', {}, h('dt', {}, term), h('dd', {}, text))],
      ),
    ),
    actions(report),
  )
}

const runtimeName = (name: string) => (name === 'node' ? 'Node' : name)

function machineText({ cores, memoryBytes }: Machine): string {
  const memory = memoryBytes == null ? '' : `, ${digits(memoryBytes / 2 ** 30)} GiB of memory`
  return `${plural(cores, 'core')}${memory}`
}

function flagsText({ cases }: Report): string | undefined {
  const flags = cases.flatMap(({ outcomes }) =>
    outcomes.flatMap(({ engine, flags: own }) => own.map((flag) => `${flag} (${engine})`)),
  )
  return flags.length === 0 ? 'none' : [...new Set(flags)].join(', ')
}

function settingsText({ rounds, turnSeconds, warmSeconds, graph, bounds }: Settings): string {
  const allowed = Object.entries(bounds).map(([dtype, bound]) => `${dtype} ${bound}`)
  return [
    `${plural(rounds, 'round')} with turns of ${turnSeconds} s`,
    `warm-up of at least ${warmSeconds} s`,
    `${graph} graph for other engines`,
    `largest difference allowed: ${allowed.join(', ')}`,
  ].join('; ')
}

function ceilingsText({ ceilings }: Machine): string | undefined {
  const all = Object.entries(ceilings).map(([kind, rate]) => `${digits(rate)} (${kind})`)
  return all.length === 0 ? undefined : `GFLOP/s: ${all.join(', ')}`
}

function noiseText({ cases }: Report): string {
  const repeated = cases.reduce((sum, { noisyRounds }) => sum + noisyRounds, 0)
  const counted = cases.reduce((sum, { calibration }) => sum + calibration.length, 0)
  if (repeated === 0) return `no round of ${counted} had to be repeated`
  return `${plural(repeated, 'round')} repeated, besides ${counted} that count`
}

function actions(report: Report): HTMLElement {
  const said = h('span', { class: 'vr-said', role: 'status' })
  const say = (text: string) => {
    said.textContent = text
  }
  return h(
    'p',
    { class: 'vr-actions' },
    button('Download JSON', () => download(report)),
    button('Copy JSON', () =>
      navigator.clipboard.writeText(JSON.stringify(report)).then(
        () => say('Copied.'),
        () => say('This browser does not let pages copy; the download does the same.'),
      ),
    ),
    said,
  )
}

function download(report: Report): void {
  const url = URL.createObjectURL(
    new Blob([`${JSON.stringify(report)}\n`], { type: 'application/json' }),
  )
  const day = report.date.slice(0, 10).replace(/[^\d-]/g, '')
  h('a', { href: url, download: `vitrine-bench-${day}.json` }).click()
  // The browser reads it after this turn of the event loop.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
