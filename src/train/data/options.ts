import { readOptions } from '../../check-fields.ts'
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

const datasetFields: Fields<DatasetOptions> = {
  validation: share,
  allowEmptyClasses: flag,
  isTrainedOn: flag,
  labelColumn: text,
  classes: classNames,
  signal: signalField,
  onProgress: callback,
  hub: record(hubFields),
}

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
