import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { legacy, exports as resolveExports } from 'resolve.exports'

/**
 * Where a page finds packages that modules import by their names.
 * @param folder a `node_modules`
 * @param url where it is served, with a slash at its end
 * @returns the content of a `<script type="importmap">`; packages without an entry are left out
 */
export function importMap(folder: string, url: string): { imports: Record<string, string> } {
  const imports: Record<string, string> = {}
  for (const name of folder === '' ? [] : packageNames(folder)) {
    const entry = entryOf(join(folder, name))
    if (entry) imports[name] = url + posix.join(name, entry)
    // What is imported from inside a package is the path of its file, where the package says nothing else.
    imports[`${name}/`] = `${url}${name}/`
  }
  return { imports }
}

function packageNames(folder: string): string[] {
  const visible = (at: string) => readdirSync(at).filter((name) => !name.startsWith('.'))
  return visible(folder)
    .flatMap((name) =>
      name.startsWith('@') ? visible(join(folder, name)).map((part) => `${name}/${part}`) : [name],
    )
    .filter((name) => existsSync(join(folder, name, 'package.json')))
}

function entryOf(folder: string): string | undefined {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (manifest.exports === undefined) {
    return legacy(manifest, { browser: false, fields: ['module', 'main'] }) ?? undefined
  }
  try {
    return resolveExports(manifest, '.', { browser: true })?.[0]
  } catch {
    // It has no entry for pages.
    return undefined
  }
}
