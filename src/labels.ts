import { ArgumentError } from './errors.ts'
import { type Field, isArrayOf, oneOf } from './fields.ts'
import { unpack } from './inlined/unpack.ts'

/** A data set whose class names come with the package: ImageNet-2012, ImageNet-21k, CIFAR-10, CIFAR-100. */
export type LabelSet = 'imagenet2012' | 'imagenet21k' | 'cifar10' | 'cifar100'

/** A file that is packed as a module. */
export type Packed = () => Promise<{ readonly default: string }>

/** Class names that come with the package. ImageNet-21k's, from WordNet, are in the order of Google's heads. */
const sets: Record<LabelSet, { readonly classes: number; readonly names: Packed }> = {
  imagenet2012: { classes: 1000, names: () => import('#inline/imagenet2012.labels') },
  imagenet21k: { classes: 21_843, names: () => import('#inline/imagenet21k.labels') },
  cifar10: { classes: 10, names: () => import('#inline/cifar10.labels') },
  cifar100: { classes: 100, names: () => import('#inline/cifar100.labels') },
}

export const labelSets = Object.keys(sets) as readonly LabelSet[]

const setField = oneOf(...labelSets)

/** What the option `labels` must be. */
export const labelsField: Field = {
  ...setField,
  wanted: `an array of texts, or ${setField.wanted}`,
  valid: (value) => setField.valid(value) || isArrayOf(value, (one) => typeof one === 'string'),
}

/**
 * So many classes are theirs and hardly anybody else's. Ten or a hundred may be any: a data set must
 * be named for those.
 */
const bySize: readonly LabelSet[] = ['imagenet2012', 'imagenet21k']

/** One name per line. */
export function parseLabels(text: string): string[] {
  return text.replace(/\r?\n$/, '').split(/\r?\n/)
}

/**
 * The names of a head's classes.
 * @param given the caller's own names in the order of the logits, or the data set whose names they are
 * @param known the publisher's names; of no use if the head was replaced
 * @returns the given names; else the known ones; else those of ImageNet-2012 for 1,000 classes and of
 *   ImageNet-21k for 21,843; else none
 * @throws ArgumentError where there are more or fewer given names than classes, and for data sets that
 *   are not known
 */
export async function chooseLabels(
  classes: number,
  given: readonly string[] | LabelSet | undefined,
  known?: readonly string[] | LabelSet | undefined,
): Promise<readonly string[] | undefined> {
  if (given !== undefined) {
    await check('labels', labelsField, given)
    const count = countLabels(given)
    if (count === classes) return typeof given === 'string' ? readLabels(given) : [...given]
    throw new ArgumentError(`The model has ${classes} classes, and ${count} labels came.`)
  }
  if (known !== undefined && countLabels(known) === classes) {
    return typeof known === 'string' ? readLabels(known) : known
  }
  const set = bySize.find((name) => sets[name].classes === classes)
  return set && readLabels(set)
}

/** How many there are. */
export function countLabels(labels: readonly string[] | LabelSet): number {
  if (typeof labels !== 'string') return labels.length
  if (Object.hasOwn(sets, labels)) return sets[labels].classes
  throw new ArgumentError(
    `There are no labels of ${JSON.stringify(labels)}; there are those of ${labelSets.join(', ')}.`,
  )
}

/**
 * The class names of a data set, in the order of the logits.
 * @throws ArgumentError for a data set whose names are not known
 */
export async function readLabels(set: LabelSet): Promise<string[]> {
  await check('The data set', setField, set)
  return parseLabels(await readPacked(sets[set].names))
}

async function check(name: string, field: Field, value: unknown): Promise<void> {
  if (!field.valid(value)) (await import('./check-fields.ts')).checkField(name, field, value)
}

/** The text of a packed file. */
export const readPacked = async (file: Packed) =>
  new TextDecoder().decode(await unpack((await file()).default))
