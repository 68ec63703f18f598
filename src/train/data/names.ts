import type { SplitName } from './assemble.ts'

const SPLITS: Readonly<Record<string, SplitName>> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
}

/** The split that a folder's name stands for. */
export const splitOf = (folder: string): SplitName | undefined =>
  Object.hasOwn(SPLITS, folder.toLowerCase()) ? SPLITS[folder.toLowerCase()] : undefined

/** The split of a file of many samples: the first word of its name that is a split's, `train-00000-of-00001.parquet`. */
export const splitOfFile = (path: string): SplitName | undefined =>
  path
    .split(/[^A-Za-z]+/)
    .map(splitOf)
    .find((split) => split !== undefined)

/** The order of code points, which decides the numbers of classes in Python's libraries. */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all others. */
const rank = (unit: number) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)
