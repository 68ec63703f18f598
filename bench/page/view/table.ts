import type { CaseReport } from '../../report/report.ts'
import { button, h } from './dom.ts'
import { lookOf } from './engines.ts'
import { digits, interval, percent } from './format.ts'
import { type Baseline, caseTitle, type Ratio, type Row, timeRatio } from './rows.ts'

interface Cell extends Row {
  /** Time over the baseline's. */
  readonly ratio: Ratio | undefined
}

interface Column {
  readonly title: string
  readonly help?: string
  /** What the column is sorted by; what is undefined comes last. */
  readonly key: (cell: Cell) => number | string | undefined
  readonly show: (cell: Cell) => string
}

const number = (
  title: string,
  help: string,
  key: (cell: Cell) => number | undefined,
  show: (value: number) => string = digits,
): Column => ({
  title,
  help,
  key,
  show: (cell) => {
    const value = key(cell)
    return value == null ? '–' : show(value)
  },
})

const columns = (baseline: string): readonly Column[] => [
  {
    title: 'Case',
    key: ({ report }) => caseTitle(report.bench),
    show: ({ report }) => caseTitle(report.bench),
  },
  { title: 'Engine', key: ({ one }) => one.engine, show: ({ one }) => one.engine },
  { title: 'Type', key: ({ one }) => one.dtype, show: ({ one }) => one.dtype },
  number('Median', 'ms', ({ one }) => one.summary.median),
  {
    title: '95 %',
    help: 'ms',
    key: ({ one }) => one.summary.interval[0],
    show: ({ one }) => interval(one.summary.interval),
  },
  number('Min', 'ms', ({ one }) => one.summary.min),
  number('Time', `over ${baseline}`, ({ ratio }) => ratio?.value),
  {
    title: '95 %',
    help: 'of the ratio',
    key: ({ ratio }) => ratio?.interval[0],
    show: ({ ratio }) => (ratio ? interval(ratio.interval) : '–'),
  },
  number(
    'Spread',
    'rounds',
    ({ one }) => one.summary.spread,
    (value) => percent(value, 1),
  ),
  number('CPU/run', 'ms', ({ one }) => one.summary.cpuMedian),
  number('Rate', 'GFLOP/s', ({ one }) => one.summary.gflops),
  number('Ceiling', 'share', ({ one }) => one.summary.ceilingShare, percent),
  number('Load', 'ms', ({ one }) => one.load),
  number('First run', 'ms', ({ one }) => one.first),
  number(
    'Peak',
    'MB',
    ({ one }) => one.peakBytes,
    (bytes) => (bytes / 1e6).toFixed(0),
  ),
  number(
    'Difference',
    'RMS',
    ({ one }) => one.difference,
    (value) => value.toExponential(1),
  ),
]

/** Which column sorts, and which way; kept while filters change. */
export interface Sorting {
  column: number
  descending: boolean
}

/** All numbers, sortable. */
export function resultsTable(
  cases: readonly CaseReport[],
  baseline: Baseline,
  sorting: Sorting,
): HTMLElement {
  const all = columns(baseline.engine)
  const cells: Cell[] = cases.flatMap((report) => {
    const base = baseline.of(report)
    return report.outcomes.flatMap((one) =>
      one.status === 'measured'
        ? [{ report, one, ratio: base && base !== one ? timeRatio(one, base) : undefined }]
        : [],
    )
  })
  const body = h('tbody')
  const heads = all.map((column, i) => {
    const sort = button(column.title, () => {
      sorting.descending = sorting.column === i && !sorting.descending
      sorting.column = i
      fill()
    })
    sort.className = 'vr-sort'
    return h(
      'th',
      { scope: 'col', class: typeOf(column, cells) },
      sort,
      ...(column.help ? [h('small', {}, column.help)] : []),
    )
  })
  fill()
  return h(
    'div',
    { class: 'vr-scroll', role: 'region', tabindex: '0', 'aria-label': 'All numbers' },
    h(
      'table',
      {},
      h('caption', {}, 'Every engine on every case shown. A click on a heading sorts.'),
      h('thead', {}, h('tr', {}, ...heads)),
      body,
    ),
  )

  function fill(): void {
    for (const [i, head] of heads.entries()) {
      if (i !== sorting.column) head.removeAttribute('aria-sort')
      else head.setAttribute('aria-sort', sorting.descending ? 'descending' : 'ascending')
    }
    const rows = sorted(cells, all[sorting.column], sorting.descending)
    body.replaceChildren(...rows.map((cell) => tableRow(cell, all, cells)))
  }
}

function tableRow(cell: Cell, all: readonly Column[], cells: readonly Cell[]): HTMLElement {
  return h(
    'tr',
    {},
    ...all.map((column) => {
      const text = column.show(cell)
      const { one } = cell
      if (column.title !== 'Engine') return h('td', { class: typeOf(column, cells) }, text)
      const chip = h('i', { class: 'vr-chip', 'aria-hidden': 'true' })
      chip.style.background = lookOf(one.engine, one.dtype).colour
      const title = [one.title, one.version, ...one.flags, one.description].filter(Boolean)
      return h('th', { scope: 'row', title: title.join(' · ') }, chip, text)
    }),
  )
}

const typeOf = ({ key }: Column, cells: readonly Cell[]) =>
  cells.some((cell) => typeof key(cell) === 'string') ? 'vr-text' : 'vr-number'

/** Without a column, as they were measured. */
function sorted(cells: readonly Cell[], column: Column | undefined, descending: boolean): Cell[] {
  if (!column) return [...cells]
  const sign = descending ? -1 : 1
  return [...cells].sort((a, b) => {
    const [x, y] = [column.key(a), column.key(b)]
    if (x == null || y == null) return Number(x == null) - Number(y == null)
    if (typeof x === 'string' || typeof y === 'string') {
      return sign * String(x).localeCompare(String(y), 'en', { numeric: true })
    }
    return sign * (x - y)
  })
}
