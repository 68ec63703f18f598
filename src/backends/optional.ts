import { UnsupportedError } from '../errors.ts'

/**
 * Imports an optional peer dependency. The import is hidden from bundlers, which would fail where the
 * package is not installed.
 * @param install how to install it, for the error message
 * @throws UnsupportedError where the package is not installed
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
