import { FormatError } from '../../src/errors.ts'
import { type Measured, REPORT_VERSION, type Report } from './report.ts'

/** What became of one engine on one case from one report to another. */
export interface Change {
  readonly case: string
  readonly engine: string
  readonly before: Measured
  readonly after: Measured
  /** Time after over time before; above 1 it became slower. */
  readonly ratio: number
  /** What both reports' confidence intervals allow at least and at most. */
  readonly interval: readonly [low: number, high: number]
  readonly verdict: 'slower' | 'faster' | 'same'
}

/**
 * Compares what two reports have in common.
 * @param threshold changes below this share are `same` (0.05: five percent), and so are those that
 *   the confidence intervals can explain
 */
export function changes(before: Report, after: Report, threshold: number): Change[] {
  const earlier = new Map(measured(before).map((one) => [one.key, one]))
  return measured(after).flatMap(({ key, name, one }) => {
    const old = earlier.get(key)?.one
    if (!old) return []
    const [a, b] = [old.summary, one.summary]
    const ratio = b.median / a.median
    const interval = [b.interval[0] / a.interval[1], b.interval[1] / a.interval[0]] as const
    const slower = ratio > 1 + threshold && interval[0] > 1
    const faster = ratio < 1 / (1 + threshold) && interval[1] < 1
    const verdict = slower ? 'slower' : faster ? 'faster' : 'same'
    return [{ case: name, engine: one.engine, before: old, after: one, ratio, interval, verdict }]
  })
}

/** Every measured engine under a key that says exactly what was measured. */
function measured({ cases }: Report) {
  return cases.flatMap(({ bench, outcomes }) => {
    const { level, name, batch, threads, config } = bench
    const size = config ? config.imageSize.join('x') : ''
    const title = [
      name,
      ...(threads === 1 ? [] : [`${threads} threads`]),
      ...(batch === 1 ? [] : [`batch ${batch}`]),
    ].join(', ')
    return outcomes.flatMap((one) => {
      if (one.status !== 'measured') return []
      const key = JSON.stringify([level, name, batch, threads, size, one.engine])
      return [{ key, name: title, one }]
    })
  })
}

/**
 * Reads a report.
 * @param source what it came from, for messages
 * @throws FormatError where it is none, or of another version
 */
export function parseReport(text: string, source: string): Report {
  let value: Partial<Report> | null
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new FormatError(`${source} is not JSON.`, { cause })
  }
  if (value?.format !== 'vitrine-bench' || !Array.isArray(value.cases)) {
    throw new FormatError(`${source} is not a report of \`vitrine bench --json\`.`)
  }
  if (value.version !== REPORT_VERSION) {
    throw new FormatError(
      `${source} is a report of version ${value.version}; this is for version ${REPORT_VERSION}.`,
    )
  }
  return value as Report
}
