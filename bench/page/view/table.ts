import type { CaseReport } from '../../report/report.ts'
import { button, h } from './dom.ts'
import { lookOf } from './engines.ts'
import { digits, duration, interval, megabytes, percent, times } from './format.ts'
import { type Baseline, caseTitle, type Ratio, type Row, speedUp } from './rows.ts'

interface Cell extends Row {
  /** How many times as fast as the baseline. */
  readonly speedUp: Ratio | undefined
}

interface Column {
  readonly title: string
  readonly help?: string
  /** What the column is sorted by; what is undefined comes last. */
  readonly key: (cell: Cell) => number | string | undefined
  readonly show: (cell: Cell) => string
  /** The 95 % interval of what is shown, which stands below it. */
  readonly range?: (cell: Cell) => string | undefined
}

const number = (
  title: string,
  key: (cell: Cell) => number | undefined,
  show: (value: number) => string,
  more: Pick<Column, 'help' | 'range'> = {},
): Column => ({
  title,
  key,
  show: (cell) => {
    const value = key(cell)
    return value == null ? '–' : show(value)
  },
  ...more,
})

/** Numbers are written as in the plots. */
const columns = (baseline: string): readonly Column[] => [
  {
    title: 'Case',
    key: ({ report }) => caseTitle(report.bench),
    show: ({ report }) => caseTitle(report.bench),
  },
  { title: 'Engine', key: ({ one }) => one.engine, show: ({ one }) => one.engine },
  { title: 'Type', key: ({ one }) => one.dtype, show: ({ one }) => one.dtype },
  number('Median', ({ one }) => one.summary.median, duration, {
    help: '95 %',
    range: ({ one }) => interval(one.summary.interval, duration),
  }),
  number('Min', ({ one }) => one.summary.min, duration),
  number('Speed-up', ({ speedUp }) => speedUp?.value, times, {
    help: `over ${baseline}, 95 %`,
    range: ({ speedUp }) => speedUp && interval(speedUp.interval),
  }),
  number(
    'Spread',
    ({ one }) => one.summary.spread,
    (value) => percent(value, 1),
    { help: 'rounds' },
  ),
  number('CPU', ({ one }) => one.summary.cpuMedian, duration, { help: 'a run' }),
  number('Rate', ({ one }) => one.summary.gflops, digits, { help: 'GFLOP/s' }),
  number('Ceiling', ({ one }) => one.summary.ceilingShare, percent, { help: 'share' }),
  number('Load', ({ one }) => one.load, duration),
  number('First run', ({ one }) => one.first, duration),
  number('Peak', ({ one }) => one.peakBytes, megabytes, { help: 'memory' }),
  number(
    'Difference',
    ({ one }) => one.difference,
    (value) => value.toExponential(1),
    {
      help: 'RMS',
    },
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
        ? [{ report, one, speedUp: base && base !== one ? speedUp(one, base) : undefined }]
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
      if (column.title !== 'Engine') {
        const range = column.range?.(cell)
        const below = range === undefined ? [] : [h('small', {}, range)]
        return h('td', { class: typeOf(column, cells) }, text, ...below)
      }
      const chip = h('i', { class: 'vr-chip', 'aria-hidden': 'true' })
      chip.style.background = lookOf(one.engine, one.dtype).colour
      const title = [one.title, one.version, ...one.flags, one.description].filter(Boolean)
      return h('th', { scope: 'row', title: title.join(' · ') }, chip, ...breakable(text))
    }),
  )
}

/** A name that may go on in a second line behind each of its parts. */
const breakable = (name: string) =>
  name.split(/(?<=[:@])/).flatMap((part, i) => (i === 0 ? [part] : [h('wbr'), part]))

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
