import { UnsupportedError } from '../errors.ts'

/**
 * Imports a package that users install only where they want it. Bundlers do not see the import: they
 * would fail on a package that is not there.
 * @param install what makes it be there, for the error
 * @throws UnsupportedError where it is not installed
 */
export async function importOptional<T>(specifier: string, install: string): Promise<T> {
  try {
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier)
  } catch (cause) {
    throw new UnsupportedError(
      `${specifier} can't be imported (${(cause as Error).message}); ${install}`,
      { cause },
    )
  }
}
