import type { Log } from './log.ts'

interface Size {
  readonly totalSteps: number
  readonly batch: number
}

const markers = /(<!-- showcase -->\n)[\s\S]*?(<!-- \/showcase -->)/

/**
 * A page with the results of both runs between its comments `<!-- showcase -->` and `<!-- /showcase -->`.
 * @throws Error for a page without them, and for a run that has not ended
 */
export function withResults(
  page: string,
  runs: Readonly<Record<'vitrine' | 'PyTorch', Log>>,
  size: Size,
): string {
  if (!markers.test(page)) throw new Error('The page has no place for the results.')
  const rows = Object.entries(runs).map(([name, log]) => {
    if (log.test === undefined || log.steps.length < size.totalSteps) {
      throw new Error(`The run of ${name} has not ended: ${log.steps.length} updates.`)
    }
    const best = log.validation.at(-1)
    const cells = [
      name,
      percent(log.test),
      best ? percent(best.accuracy) : '',
      meanOfLast(log, 100).toFixed(4),
      hours(log, size.batch),
    ]
    return `| ${cells.join(' | ')} |`
  })
  const table = `| | right of 10,000 test pictures | of 1,000 held out | mean loss of the last 100 updates | hours |
| --- | --: | --: | --: | --: |
${rows.join('\n')}`
  const difference = furthest(runs.vitrine, runs.PyTorch, 10)
  const text = `![The loss of vitrine and of PyTorch over the updates](figures/cifar10.svg)

${table}

In the first 10 updates the losses differ by at most ${difference.toExponential(0)}. Rounding drives them apart later, as
it does any two correct programs.
`
  return page.replace(markers, (_, start, end) => `${start}\n${text}\n${end}`)
}

/** The largest difference of losses in the first updates. */
export const furthest = (one: Log, other: Log, count: number): number =>
  Math.max(...one.steps.slice(0, count).map(({ loss }, i) => Math.abs(loss - other.steps[i]!.loss)))

const percent = (share: number) => `${(100 * share).toFixed(2)} %`

function meanOfLast({ steps }: Log, count: number): number {
  const last = steps.slice(-count)
  return last.reduce((sum, { loss }) => sum + loss, 0) / last.length
}

/** Of the updates alone, without evaluations. */
const hours = ({ steps }: Log, batch: number): string =>
  (steps.reduce((sum, { imagesPerSecond }) => sum + batch / imagesPerSecond, 0) / 3600).toFixed(1)
