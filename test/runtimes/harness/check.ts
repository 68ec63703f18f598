import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const picture = new URL('../../../examples/chelsea.png', import.meta.url)
const int16 = new URL('../int16.mjs', import.meta.url)

/** Puts the picture that every program classifies into its project. */
export function addPicture(folder: string): void {
  mkdirSync(folder, { recursive: true })
  copyFileSync(picture, join(folder, 'chelsea.png'))
}

export function readPicture(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(picture))
}

/**
 * Puts a module `name` into a project, and int16.mjs beside it, which it imports as `hashInt16`.
 * @param code what it does with the hashes
 */
export function addCheck(folder: string, name: string, code: string): void {
  mkdirSync(folder, { recursive: true })
  copyFileSync(int16, join(folder, 'int16.mjs'))
  // Directives come first, and imports count wherever they are.
  writeFileSync(join(folder, name), `${code}\nimport { hashInt16 } from './int16.mjs'\n`)
}

/**
 * Adds `check.js` to a page's program: the promise `globalThis.int16`.
 * @param entry the page's file, or a module of the program
 * @param vitrine what is imported
 * @param source what `load` takes
 */
export function addPageCheck(
  folder: string,
  entry: string,
  { vitrine = 'vitrine', source = 'undefined' } = {},
): void {
  addCheck(
    join(folder, dirname(entry)),
    'check.js',
    `import { load } from '${vitrine}'
globalThis.int16 = hashInt16(load, { threads: crossOriginIsolated ? [1, 2] : [1], source: () => ${source} })`,
  )
  if (entry.endsWith('.html')) addScript(join(folder, entry), './check.js')
  else addImport(join(folder, entry), './check.js')
}

export function addScript(html: string, script: string): void {
  const element = `<script type="module" src="${script}"></script>`
  writeFileSync(html, readFileSync(html, 'utf8').replace('</body>', `${element}</body>`))
}

export function addImport(module: string, other: string): void {
  writeFileSync(module, `import '${other}'\n${readFileSync(module, 'utf8')}`)
}

/** Adds scripts to a project's package.json. */
export function addScripts(folder: string, scripts: Readonly<Record<string, string>>): void {
  const file = join(folder, 'package.json')
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ ...manifest, scripts: { ...manifest.scripts, ...scripts } }))
}
