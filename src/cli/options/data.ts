import type { DataOptions } from '../../train/data/options.ts'
import { readLabels } from './labels.ts'

/** What the flags of data sets are for, in the words of their commands. */
export const LABEL_COLUMN = 'the column with the classes, in a table or parquet file'
export const CLASSES =
  'names of the classes by their numbers: a file (lines or a JSON array), or a data set such as cifar10'

/** The names of a data set's classes, if they are given. @throws SourceError, ArgumentError for a file that can't be read */
export async function readClasses(path: string | undefined): Promise<DataOptions['classes']> {
  const named = await readLabels({ ...(path !== undefined && { labels: path }) })
  if (typeof named !== 'string') return named
  return (await import('../../labels.ts')).readLabels(named)
}
