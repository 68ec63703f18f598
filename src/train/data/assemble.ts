import { ArgumentError } from '../../errors.ts'
import { show } from '../../show.ts'
import { type Dataset, joined, type Split, type Unusable } from './dataset.ts'
import { DatasetError, some } from './errors.ts'
import { type HoldOut, holdOut } from './hold-out.ts'

export type SplitName = 'train' | 'validation' | 'test'

export interface AssembleOptions {
  /** The share of the training pictures that is held out if the data set has no validation pictures; 0 for none. */
  readonly validation?: number | undefined
  /** Whether classes without training pictures are allowed; false by default. */
  readonly allowEmptyClasses?: boolean | undefined
  /** Whether it is to be trained on; true by default. Otherwise it may lack training pictures, of some classes or all. */
  readonly isTrainedOn?: boolean | undefined
}

/** What a format found. */
export interface Found {
  readonly name: string
  readonly classes: readonly string[]
  readonly splits: Readonly<Partial<Record<SplitName, readonly Split[]>>>
  readonly unusable?: readonly Unusable[]
  /** What is held out if nothing else is said. */
  readonly holdOut: { readonly how: HoldOut; readonly share: number }
  readonly close?: () => Promise<void>
}

/**
 * Checks what a format found, and holds out validation pictures.
 * @throws DatasetError for no training pictures, fewer than two classes, a class without training pictures, labels
 *   out of range; ArgumentError for a share that is none
 */
export function assemble(found: Found, options: AssembleOptions = {}): Dataset {
  const { name, classes, splits, unusable = [], close = async () => {} } = found
  const share = options.validation ?? found.holdOut.share
  if (typeof share !== 'number' || !(share >= 0 && share < 1)) {
    throw new ArgumentError(
      `validation must be a number from 0 to less than 1, not ${show(share)}.`,
    )
  }
  const { isTrainedOn = true } = options
  const whole = joined(splits.train ?? [])
  const hasOthers = Boolean(splits.validation?.length || splits.test?.length)
  if (whole.size === 0 && (isTrainedOn || !hasOthers)) {
    throw new DatasetError(`${name} has no training pictures${leftOut(unusable)}.`)
  }
  if (classes.length < 2) {
    throw new DatasetError(
      `${name} has only the class ${show(classes[0] ?? '')}: there is nothing to tell apart. Give it at least two.`,
    )
  }
  const all: [string, Split][] = [['train', whole]]
  const [given, test] = [splits.validation, splits.test].map((parts) =>
    parts?.length ? joined(parts) : undefined,
  )
  if (given) all.push(['validation', given])
  if (test) all.push(['test', test])
  for (const [part, split] of all) checkLabels(name, part, split, classes)
  if (isTrainedOn && !options.allowEmptyClasses) checkClasses(name, whole, classes, unusable)
  const parts = given?.size
    ? { train: whole, validation: given }
    : holdOut(whole, share, found.holdOut.how)
  return { name, classes, ...parts, test, unusable, close }
}

function checkLabels(
  name: string,
  part: string,
  split: Split,
  { length }: readonly string[],
): void {
  const wrong: number[] = []
  for (let i = 0; i < split.size; i++) {
    const label = split.label(i)
    if (!Number.isInteger(label) || label < 0 || label >= length) wrong.push(i)
  }
  if (wrong.length === 0) return
  const [first] = wrong as [number]
  throw new DatasetError(
    `${name}: ${split.name(first)} (${part}) has the label ${split.label(first)}, and the ${length} classes are 0 to ` +
      `${length - 1}${wrong.length > 1 ? `; so have ${wrong.length - 1} other samples such labels` : ''}. ` +
      'Correct the labels, or give the names of all classes.',
  )
}

function checkClasses(
  name: string,
  split: Split,
  classes: readonly string[],
  unusable: readonly Unusable[],
): void {
  const seen = new Uint8Array(classes.length)
  for (let i = 0; i < split.size; i++) seen[split.label(i)] = 1
  const empty = classes.filter((_, label) => !seen[label])
  if (empty.length === 0) return
  const [noun, it] = empty.length === 1 ? ['The class', 'it'] : ['The classes', 'them']
  throw new DatasetError(
    `${noun} ${some(empty.map((one) => show(one)))} of ${name} ${empty.length === 1 ? 'has' : 'have'} no training ` +
      `pictures${leftOut(unusable)}. Add some, remove ${it}, or set allowEmptyClasses.`,
  )
}

function leftOut(unusable: readonly Unusable[]): string {
  const [first] = unusable
  if (!first) return ''
  return `; ${unusable.length} samples were left out, such as ${first.name}: ${first.reason}`
}
