import type { TrainingRecord } from '../../train/record.ts'
import type { NamedValue } from './table.ts'
import { countOf, formatCount } from './units.ts'

const percent = (share: number) => `${(100 * share).toFixed(2)} %`

/** How a model was trained, line by line; a record that another version wrote may lack parts. */
export function trainingFields(record: Partial<TrainingRecord>): NamedValue[] {
  const { checkpoint, dataset, settings, step, finished, validation, test, vitrine } = record
  const on = dataset && [
    `${dataset.name}: ${formatCount(dataset.pictures.train)} pictures of ${countOf(dataset.classes, 'class', 'classes')}`,
  ]
  const from = checkpoint && [`from ${checkpoint.name} (${checkpoint.publisher} names)`]
  const total = settings?.totalSteps
  const came =
    step === undefined
      ? []
      : [
          `weights of update ${formatCount(step)} of ${total === undefined ? '?' : formatCount(total)}${finished === false ? ', before training had finished' : ''}`,
        ]
  const said = Object.entries(settings ?? {}).map(
    ([name, value]) => `${name} ${typeof value === 'object' ? fieldsOf(value) : value}`,
  )
  const lines = [...(on ?? []), ...(from ?? []), ...came, `by vitrine ${vitrine ?? '?'}`]
  return [
    ['trained on', lines],
    ...(validation ? [['validation', rightOf(validation)] as const] : []),
    ...(test ? [['test', rightOf(test)] as const] : []),
    ['settings', said.join(', ')],
  ]
}

/** `rank 8, alpha 8` in brackets. */
const fieldsOf = (value: object) =>
  `(${Object.entries(value)
    .map(([name, field]) => `${name} ${field}`)
    .join(', ')})`

const rightOf = ({
  accuracy,
  pictures,
  loss,
}: {
  accuracy: number
  pictures: number
  loss: number
}) => `${percent(accuracy)} of ${countOf(pictures, 'picture')} right, loss ${loss.toFixed(4)}`
