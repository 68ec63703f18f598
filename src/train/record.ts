import { version } from '../version.ts'
import type { Score } from './best.ts'
import type { Dataset } from './data/dataset.ts'
import type { Evaluation } from './evaluation/evaluation.ts'
import type { Prepared } from './prepare.ts'
import type { Settings } from './settings.ts'

/** Where a file keeps it in its metadata. */
export const recordKey = 'vitrine.training'

/** How a trained model came to be. */
export interface TrainingRecord extends Began, Came {}

/** What stays the same during a run. */
export interface Began {
  /** The version of this package. */
  readonly vitrine: string
  /** What training began with. */
  readonly checkpoint: {
    /** Without its folder. */
    readonly name: string
    readonly publisher: string
    readonly fingerprint: string
  }
  /** What it learnt from, and how many pictures each part had. */
  readonly dataset: {
    /** Without its folder. */
    readonly name: string
    readonly classes: number
    readonly pictures: {
      readonly train: number
      readonly validation: number
      readonly test: number
    }
  }
  /** The options with all defaults. */
  readonly settings: Settings
}

/** What a run came to. */
export interface Came {
  /** The update that made the weights of the file. */
  readonly step: number
  /** Whether training had made all its updates. */
  readonly finished: boolean
  /** These weights on the validation pictures; undefined if they were not evaluated. */
  readonly validation?: Score | undefined
  /** These weights on the test pictures. */
  readonly test?: TestRecord | undefined
}

/** How the weights of a file did on the test pictures. */
export interface TestRecord extends Omit<Score, 'step'> {
  /** Of each class, how many pictures there were and how many were right. */
  readonly classes: readonly (readonly [right: number, pictures: number])[]
}

export const recordOf = (
  { name, plan: { publisher }, fingerprint }: Prepared,
  data: Dataset,
  settings: Settings,
): Began => ({
  vitrine: version,
  checkpoint: { name: lastPart(name), publisher, fingerprint },
  dataset: {
    name: lastPart(data.name),
    classes: data.classes.length,
    pictures: {
      train: data.train.size,
      validation: data.validation.size,
      test: data.test?.size ?? 0,
    },
  },
  settings,
})

/** The last part of a path or URL. */
export const lastPart = (path: string): string => path.split(/[\\/]/).findLast(Boolean) ?? path

export const testRecord = ({ pictures, accuracy, loss, confusion }: Evaluation): TestRecord => ({
  ...{ pictures, accuracy, loss },
  classes: confusion.map((row, label) => [row[label]!, row.reduce((sum, count) => sum + count, 0)]),
})
