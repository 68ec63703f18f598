import { UnsupportedError } from '../errors.ts'

/**
 * What stands for the merging of tokens where it is not done.
 * @param who does not do it
 */
export const withoutMerging =
  (who: string): (() => never) =>
  () => {
    throw new UnsupportedError(`${who} does not merge tokens; load the model without merge.`)
  }
