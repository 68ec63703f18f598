import { readFileSync } from 'node:fs'
import { SourceError } from '../../src/errors.ts'

const modules = new URL('../peers/node_modules/', import.meta.url)

/**
 * The version of a package under `bench/peers`.
 * @throws SourceError where it is not installed
 */
export function installedVersion(name: string): string {
  try {
    const file = readFileSync(new URL(`${name}/package.json`, modules), 'utf8')
    return (JSON.parse(file) as { version: string }).version
  } catch (cause) {
    throw new SourceError(`${name} is not installed. Run \`npm run bench:setup\`.`, { cause })
  }
}

/** Where a file of an installed package lies. */
export function installedFile(path: string): URL {
  return new URL(path, modules)
}
