import type { Unusable } from '../../train/data/dataset.ts'
import type { DatasetEvaluation } from '../../train/evaluate.ts'
import { note } from '../output.ts'
import { colours } from './colours.ts'
import { type Column, formatTable } from './table.ts'
import { countOf, formatCount } from './units.ts'

/** `91.20 %` */
export const percent = (share: number): string =>
  Number.isNaN(share) ? '–' : `${(100 * share).toFixed(2)} %`

/** `91.20 % of 250`; none could be read: `none of the unreadable` */
export const rightOf = ({ accuracy, pictures }: { accuracy: number; pictures: number }): string =>
  pictures === 0 ? 'none of the unreadable' : `${percent(accuracy)} of ${formatCount(pictures)}`

/** Names pictures that were left out, the first of them. */
export function noteUnusable(unusable: readonly Unusable[]): void {
  for (const { name, reason } of unusable.slice(0, 10)) note(`left out: ${name}: ${reason}`)
  if (unusable.length > 10) note(`left out: ${formatCount(unusable.length - 10)} more`)
}

/**
 * An evaluation for people: its numbers, and tables of classes, confusions and mistakes.
 * @param rows of each table at most
 */
export function evaluationView(
  evaluation: DatasetEvaluation,
  rows: number,
  stream: { isTTY?: boolean },
): string {
  const { bold, dim } = colours(stream)
  const { labels, classes, confused, mistakes, unusable } = evaluation
  const name = (label: number) => labels[label] ?? String(label)
  const table = <Row>(
    title: string,
    all: readonly Row[],
    columns: readonly Column<Row>[],
    of = all.length,
  ) => {
    if (all.length === 0 || rows === 0) return ''
    const shown = all.slice(0, rows)
    const count = shown.length < of ? ` ${dim(`${shown.length} of ${formatCount(of)}`)}` : ''
    return `\n${bold(title)}${count}\n${formatTable(shown, columns, dim)}`
  }
  const worst = classes
    .map((score, label) => ({ ...score, label }))
    .sort((a, b) => order(a.recall) - order(b.recall) || a.label - b.label)
  const wrong = confused.reduce((sum, { count }) => sum + count, 0)
  return [
    summary(evaluation, bold),
    unusable.length > 0 ? `${countOf(unusable.length, 'picture')} left out\n` : '',
    table('Classes, the worst first', worst, [
      { title: 'class', text: ({ label }) => name(label) },
      { title: 'pictures', text: ({ pictures }) => formatCount(pictures), right: true },
      { title: 'recognised', text: ({ recall }) => percent(recall), right: true },
      { title: 'precision', text: ({ precision }) => percent(precision), right: true },
    ]),
    table('Most often confused', confused, [
      { title: 'class', text: ({ label }) => name(label) },
      { title: 'taken for', text: ({ predicted }) => name(predicted) },
      { title: 'times', text: ({ count }) => formatCount(count), right: true },
    ]),
    table(
      'Most wrong',
      mistakes,
      [
        { title: 'picture', text: (mistake) => mistake.name },
        { title: 'class', text: ({ label }) => name(label) },
        { title: 'taken for', text: ({ predicted }) => name(predicted) },
        { title: 'probability', text: ({ probability }) => percent(probability), right: true },
        { title: 'loss', text: ({ loss }) => loss.toFixed(3), right: true },
      ],
      wrong,
    ),
  ].join('')
}

function summary(
  { dataset, split, accuracy, accuracyAmongAll, top5, loss, pictures }: DatasetEvaluation,
  bold: (text: string) => string,
): string {
  const lines = [
    `${bold(dataset)} (${split}): ${bold(percent(accuracy))} of ${countOf(pictures, 'picture')} right`,
    ...(accuracyAmongAll === undefined
      ? []
      : [`${percent(accuracyAmongAll)} among all classes of the model`]),
    ...(top5 === undefined ? [] : [`${percent(top5)} among the first five`]),
    `mean loss ${loss.toFixed(4)}`,
  ]
  return `${lines.join('\n')}\n`
}

/** Classes without pictures come last. */
const order = (recall: number) => (Number.isNaN(recall) ? 2 : recall)
