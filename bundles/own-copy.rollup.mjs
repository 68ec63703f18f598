import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Copies are TypeScript for other plugins, too. */
const nameOfCopy = (id) => id.replace(/\.ts$/, '.own-copy.ts')
const original = (id) => id.replace(/\.own-copy\.ts$/, '.ts')

/**
 * Gives an entry its own copies of modules that chunks use too which are loaded later. esbuild puts a module that both
 * reach into what is loaded first, even if the program takes nothing of it from the entry; a copy it leaves out.
 * @param entry the path of the entry
 * @param paths of the modules
 */
export function ownCopy(entry, paths) {
  const copied = new Set(paths.map((path) => join(root, path)))
  return {
    name: 'own-copy',
    resolveId(source, importer) {
      if (!importer || !source.startsWith('.')) return null
      const id = join(dirname(importer), source)
      const isOfEntry = importer === join(root, entry) || importer !== original(importer)
      return isOfEntry && copied.has(id) ? nameOfCopy(id) : null
    },
    load: (id) => (id === original(id) ? null : readFileSync(original(id), 'utf8')),
    buildEnd(error) {
      const unused = [...copied].filter((id) => !this.getModuleInfo(nameOfCopy(id)))
      if (!error && unused.length > 0) this.error(`${entry} does not reach ${unused.join(', ')}`)
    },
  }
}
