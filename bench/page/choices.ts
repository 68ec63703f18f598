import { publishedVariants, variantConfigOf } from '../../src/families/published.ts'
import type { BrowserPlan, EngineState } from '../browser/plan.ts'
import type { Case, Level } from '../cases/case.ts'
import { bounds } from '../drive/compare.ts'
import { defaultBaseline } from '../drive/suite.ts'
import { parseEngine } from '../engine/spec.ts'
import { h } from './view/dom.ts'

/** What the words for care stand for; `standard` is what the command line does. */
export const cares = {
  quick: { rounds: 3, turnSeconds: 0.3, warmSeconds: 0.5 },
  standard: { rounds: 6, turnSeconds: 0.6, warmSeconds: 2 },
  thorough: { rounds: 15, turnSeconds: 1, warmSeconds: 4 },
} as const

/** What is chosen when the page opens, unless it is not there. */
const firstModels = ['ViT-Ti_16', 'ViT-S_16', 'ViT-B_16']

/** These take minutes for what others do in a second. */
const slow = ['reference', 'tfjs-cpu']

/** How long an engine may be silent, in milliseconds. */
const TIMEOUT = 600_000

/** A box to tick for every published variant. */
export function modelBoxes(): HTMLElement[] {
  return publishedVariants.map(({ name, parameters }) => {
    const size = `${(parameters / 1e6).toFixed(parameters < 1e7 ? 1 : 0)} M parameters`
    return box('model', name, firstModels.includes(name), name.replace('_', '/'), size)
  })
}

/** A box for every engine; one that can't run is shown with the reason. */
export function engineBoxes(engines: readonly EngineState[]): HTMLElement[] {
  return engines.map(({ engine, title, version, obstacle }) => {
    const chosen = !slow.includes(engine) && parseEngine(engine).dtype === 'f32'
    const note = obstacle ? `${title}: ${obstacle.reason}` : `${title} ${version ?? ''}`
    return box('engine', engine, chosen, engine, note, obstacle !== undefined)
  })
}

function box(
  name: string,
  value: string,
  checked: boolean,
  title: string,
  note: string,
  disabled = false,
): HTMLElement {
  return h(
    'label',
    { class: 'box' },
    h('input', { type: 'checkbox', name, value, checked: checked && !disabled, disabled }),
    h('span', {}, h('b', {}, title), ' ', h('small', {}, note)),
  )
}

/**
 * What the form says.
 * @returns undefined where no model or no engine is ticked
 */
export function planOf(form: HTMLFormElement): BrowserPlan | undefined {
  const data = new FormData(form)
  const number = (name: string) => Number(data.get(name))
  const models = data.getAll('model').map(String)
  const engines = data.getAll('engine').map(String)
  if (models.length === 0 || engines.length === 0) return undefined
  const level = data.get('level') as Level
  const suffix = { model: '', cold: ' cold start', block: ' block', op: '' }[level]
  const imageSize = [number('size'), number('size')] as const
  const cases = models.map(
    (name): Case => ({
      level,
      name: name + suffix,
      // The erf form of GELU, since every engine has it exactly.
      config: variantConfigOf(name, { gelu: 'erf', imageSize }),
      batch: number('batch'),
      threads: number('threads'),
    }),
  )
  const settings = {
    ...cares[data.get('care') as keyof typeof cares],
    rounds: number('rounds'),
    graph: 'full',
    baseline: defaultBaseline(engines.map(parseEngine)),
    bounds,
  } as const
  return { cases, engines, settings, timeout: TIMEOUT }
}
