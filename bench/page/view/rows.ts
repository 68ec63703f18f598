import type { Case, Level } from '../../cases/case.ts'
import type { CaseReport, Measured, Outcome, Report } from '../../report/report.ts'
import { type Interval, ratio, ratioInterval } from '../../report/statistics.ts'

/** An engine on a case. */
export interface Row<One extends Outcome = Measured> {
  readonly report: CaseReport
  readonly one: One
}

export const filterNames = ['level', 'threads', 'batch', 'dtype'] as const
export type FilterName = (typeof filterNames)[number]

/** Only what has these values; an empty text lets everything through. */
export type Filters = Readonly<Record<FilterName, string>>

export const noFilters: Filters = { level: '', threads: '', batch: '', dtype: '' }

/** Every value that occurs. */
export function filterValues({ cases }: Report, name: FilterName): string[] {
  const values = cases.flatMap<string | number>(({ bench, outcomes }) =>
    name === 'dtype' ? outcomes.map(({ dtype }) => dtype) : [bench[name]],
  )
  return [...new Set(values)].sort((a, b) => Number(a) - Number(b) || 0).map(String)
}

/** The cases that pass, with those of their engines that do. */
export function filtered({ cases }: Report, filters: Filters): CaseReport[] {
  const passes = (name: FilterName, value: unknown) =>
    filters[name] === '' || filters[name] === String(value)
  return cases
    .filter(
      ({ bench }) =>
        passes('level', bench.level) &&
        passes('threads', bench.threads) &&
        passes('batch', bench.batch),
    )
    .map((one) => ({
      ...one,
      outcomes: one.outcomes.filter(({ dtype }) => passes('dtype', dtype)),
    }))
    .filter(({ outcomes }) => outcomes.length > 0)
}

export const isMeasured = (one: Outcome): one is Measured => one.status === 'measured'

export const measuredRows = (report: CaseReport): Row[] =>
  report.outcomes.filter(isMeasured).map((one) => ({ report, one }))

/** `ViT-B/16`, as papers write it. */
export const modelName = (name: string) => name.replace('_', '/')

/** `ViT-B/16, 4 threads, batch 8, 384 px`; what is as always is left out. */
export function caseTitle({ level, name, threads, batch, config }: Case): string {
  const [height, width] = config?.imageSize ?? [224, 224]
  return [
    modelName(name),
    ...(level === 'cold' ? ['cold start'] : []),
    ...(threads === 1 ? [] : [`${threads} threads`]),
    ...(batch === 1 ? [] : [`batch ${batch}`]),
    ...(height === 224 && width === 224
      ? []
      : [height === width ? `${width} px` : `${height}×${width} px`]),
  ].join(', ')
}

/** The engines of some cases, fastest first: by the geometric mean of their time over the fastest's. */
export function engineOrder(cases: readonly CaseReport[]): string[] {
  const logs = new Map<string, number[]>()
  for (const { outcomes } of cases) {
    const measured = outcomes.filter(isMeasured)
    const best = Math.min(...measured.map(({ summary }) => summary.median))
    for (const one of outcomes) {
      const list = logs.get(one.engine) ?? []
      if (isMeasured(one)) list.push(Math.log(one.summary.median / best))
      logs.set(one.engine, list)
    }
  }
  const key = (list: readonly number[]) =>
    list.length === 0 ? Number.MAX_VALUE : list.reduce((a, b) => a + b, 0) / list.length
  return [...logs].sort(([, a], [, b]) => key(a) - key(b)).map(([engine]) => engine)
}

export interface Ratio {
  readonly value: number
  readonly interval: Interval
}

const ratios = new WeakMap<Measured, Map<Measured, Ratio>>()

/**
 * How many times as fast an engine is as another on the same case: time of that over time of this,
 * from runs of the same rounds. All of the page compares engines by it. Kept, for its interval takes a
 * while.
 */
export function speedUp(one: Measured, base: Measured): Ratio {
  const kept = ratios.get(one) ?? new Map<Measured, Ratio>()
  ratios.set(one, kept)
  const found = kept.get(base)
  if (found) return found
  const made = {
    value: ratio(base.wall, one.wall),
    interval: ratioInterval(base.wall, one.wall),
  }
  kept.set(base, made)
  return made
}

/** What speed-ups are taken over. */
export interface Baseline {
  readonly engine: string
  /** Undefined where it was not measured. */
  of(report: CaseReport): Measured | undefined
}

/** A filter does not take the baseline away: int8 is compared with f32 where only int8 is shown. */
export function baselineIn({ cases }: Report, engine: string): Baseline {
  const found = new Map(
    cases.map(({ bench, outcomes }) => [
      bench,
      outcomes.filter(isMeasured).find((one) => one.engine === engine),
    ]),
  )
  return { engine, of: ({ bench }) => found.get(bench) }
}

export const levelTitles: Readonly<Record<Level, string>> = {
  model: 'Whole models',
  cold: 'Cold start',
  block: 'Encoder blocks',
  op: 'Matrix products',
}
