import { UnsupportedError } from '../src/errors.ts'

/**
 * What stands in a small bundle for the import of something that the bundle does not contain.
 * @param bundle `vitrine/core`
 * @param what it leaves out
 * @param instead what to do about it
 */
export async function leftOut(bundle: string, what: string, instead: string): Promise<never> {
  throw new UnsupportedError(`${bundle} has no ${what}; ${instead}.`)
}
