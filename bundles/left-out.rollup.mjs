import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const standIn = join(root, 'bundles/left-out.ts')

/**
 * Replaces dynamic imports by an error that names what a bundle leaves out.
 * @param bundle what the error calls the bundle
 * @param parts what a module gives, and what to do without, by its specifier or its path in the project
 */
export function leaveOut(bundle, parts) {
  const unused = new Set(Object.keys(parts))
  return {
    name: 'leave-out',
    transform(code, id) {
      if (!id.startsWith(join(root, 'src'))) return null
      let changed = false
      const text = code.replace(/\bimport\((['"])([^'"]+)\1\)/g, (whole, _, specifier) => {
        const path = specifier.startsWith('.')
          ? relative(root, join(dirname(id), specifier))
          : specifier
        const found = parts[path]
        if (!found) return whole
        unused.delete(path)
        changed = true
        return `leftOut(${[bundle, ...found].map((part) => JSON.stringify(part)).join(', ')})`
      })
      return changed
        ? { code: `import { leftOut } from ${JSON.stringify(standIn)}\n${text}`, map: null }
        : null
    },
    // A module that was moved would be bundled again.
    buildEnd(error) {
      if (!error && unused.size > 0) this.error(`nothing imports ${[...unused].join(', ')}`)
    },
  }
}
