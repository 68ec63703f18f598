import { readOptions } from '../../check-fields.ts'
import type { DownloadProgress } from '../../checkpoint/checkpoint.ts'
import { ArgumentError } from '../../errors.ts'
import {
  callback,
  type Field,
  type Fields,
  flag,
  isArrayOf,
  record,
  signalField,
  text,
} from '../../fields.ts'
import { type HubOptions, hubFields } from '../../hub/options.ts'
import type { AssembleOptions } from './assemble.ts'
import type { DownloadOptions } from './download.ts'
import type { ColumnOptions } from './metadata.ts'

export interface DatasetOptions extends AssembleOptions, ColumnOptions, DownloadOptions {
  /** Where downloads come from and are kept. */
  readonly hub?: HubOptions | undefined
}

const share: Field = {
  wanted: 'a number from 0 to less than 1',
  valid: (value) => typeof value === 'number' && value >= 0 && value < 1,
}

const classNames: Field = {
  wanted: 'an array of at least two different texts',
  valid: (value) =>
    isArrayOf(value, (one) => typeof one === 'string' && one !== '') &&
    value.length > 1 &&
    new Set(value).size === value.length,
}

/** Options of `train` and `evaluate` that say how a data set is read. */
export interface DataOptions {
  /** The column or field that has the classes in a table or a parquet file; `label` and the like by default. */
  labelColumn?: string | undefined
  /** The names of the classes, by their numbers from 0, for tables, shards and parquet files. */
  classes?: readonly string[] | undefined
  /** The share of the training pictures that is held out for validation, from 0 to below 1. */
  validation?: number | undefined
  /** Where data sets are downloaded from and kept. */
  hub?: HubOptions | undefined
  /** Told how far downloads of the data set are. */
  onDownload?: ((progress: DownloadProgress) => void) | undefined
}

export const dataFields: Fields<DataOptions> = {
  labelColumn: text,
  classes: classNames,
  validation: share,
  hub: record(hubFields),
  onDownload: callback,
}

const { onDownload: onProgress, ...own } = dataFields

const datasetFields: Fields<DatasetOptions> = {
  ...own,
  allowEmptyClasses: flag,
  isTrainedOn: flag,
  signal: signalField,
  onProgress,
}

/** The same in the words of `openDataset`. */
export const datasetOptionsOf = ({
  labelColumn,
  classes,
  validation,
  hub,
  onDownload,
}: DataOptions): DatasetOptions => ({
  ...{ labelColumn, classes, validation, hub },
  onProgress: onDownload,
})

/** @throws ArgumentError for options that do not exist or have wrong values */
export const readDatasetOptions = (given: unknown): DatasetOptions =>
  readOptions('openDataset', datasetFields, given)

/**
 * Refuses options that a format can't honour.
 * @param what the data set and why, such as `photos has a folder for each class`
 * @throws ArgumentError
 */
export function refuseOptions(
  options: DatasetOptions,
  names: readonly (keyof ColumnOptions)[],
  what: string,
): void {
  const name = names.find((one) => options[one] !== undefined)
  if (name) throw new ArgumentError(`${name} has no effect, since ${what}: leave it out.`)
}
