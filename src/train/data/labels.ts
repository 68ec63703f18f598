import { DatasetError } from './errors.ts'
import { byCodePoint } from './names.ts'

/** What a data set says of a sample's class: its number, or its name. */
export type Label = string | number

/** The classes of a data set, and what its labels stand for. */
export interface Labelling {
  readonly classes: readonly string[]
  /** The number of a label's class; undefined for a label that is none. */
  numberOf(label: Label): number | undefined
}

const WHOLE = /^\d+$/

/**
 * Makes classes of the labels in a table. With names given, a label is a name, or the number of one. Otherwise each
 * label that occurs is a class: whole numbers in their order, texts in the order of code points.
 */
export function classesOf(
  labels: Iterable<Label>,
  given?: readonly string[] | undefined,
): Labelling {
  if (given) return numbered(given)
  const names = [...new Set(Array.from(labels, String))]
  const areNumbers = names.every((name) => WHOLE.test(name))
  names.sort(areNumbers ? (a, b) => Number(a) - Number(b) : byCodePoint)
  const numbers = new Map(names.map((name, i) => [name, i]))
  return { classes: names, numberOf: (label) => numbers.get(String(label)) }
}

/** More classes than any data set has. */
const MOST_CLASSES = 1_000_000

/**
 * The same for shards and tables of numbers, which count from 0: each number up to the largest is a class.
 * @param names of some of the classes, by their numbers; of no use if two are equal
 * @throws DatasetError for a number that is no class's
 */
export function indexed(
  labels: readonly Label[],
  given?: readonly string[] | undefined,
  names: ReadonlyMap<number, string> = new Map(),
): Labelling {
  if (given || !labels.every((label) => WHOLE.test(String(label)))) return classesOf(labels, given)
  const largest = labels.reduce<number>((most, label) => Math.max(most, Number(label)), -1)
  if (largest >= MOST_CLASSES) {
    throw new DatasetError(
      `There is a label ${largest}, and labels are numbers of classes from 0, below ${MOST_CLASSES}.`,
    )
  }
  const all = Array.from({ length: largest + 1 }, (_, i) => names.get(i) ?? String(i))
  const areDifferent = new Set(all).size === all.length
  return numbered(areDifferent ? all : all.map((_, i) => String(i)))
}

/** A label is one of these names, or its number. */
function numbered(names: readonly string[]): Labelling {
  const numbers = new Map(names.map((name, i) => [name, i]))
  return {
    classes: names,
    numberOf(label) {
      const named = numbers.get(String(label))
      if (named !== undefined && typeof label === 'string') return named
      const number = Number(label)
      return WHOLE.test(String(label)) && number < names.length ? number : undefined
    },
  }
}
