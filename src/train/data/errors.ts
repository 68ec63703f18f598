import { VitrineError } from '../../errors.ts'

/**
 * `DATASET`: a data set can't be trained on: a class without pictures, only one class, a label out of range, a folder
 * that vanished.
 */
export class DatasetError extends VitrineError {
  constructor(message: string, options?: ErrorOptions) {
    super('DATASET', message, options)
  }
}

/** At most eight of a list, for messages. */
export const some = (names: readonly string[]): string =>
  names.length > 8 ? `${names.slice(0, 8).join(', ')}, … (${names.length})` : names.join(', ')
