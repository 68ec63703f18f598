import { readFileSync } from 'node:fs'

/** The package's folder: two levels above this file in src/cli/ and, bundled, in build/node/. */
export const packageRoot = new URL('../../', import.meta.url)

export function packageVersion(): string {
  const text = readFileSync(new URL('package.json', packageRoot), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
