import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Puts the licences of all packages whose code is in a chunk in front of it, each text once. Runs
 * after the minifier, which would drop them.
 */
export function licences() {
  return {
    name: 'licences',
    renderChunk: {
      order: 'post',
      handler(code, { modules }) {
        const used = Object.entries(modules).filter(([, { renderedLength }]) => renderedLength > 0)
        const folders = new Set(used.flatMap(([id]) => packageFolder(id) ?? []))
        const byText = new Map()
        for (const folder of [...folders].sort()) {
          const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
          const text = licenceText(folder)
          byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}`])
        }
        const notices = [...byText].map(([text, names]) => `${names.join(', ')}:\n\n${text}`)
        const all = notices.join('\n\n').replaceAll('*/', '* /')
        return { code: `/*\n${all}\n*/\n${code}`, map: null }
      },
    },
  }
}

function packageFolder(id) {
  // What plugins make of a module has its path with a zero byte before.
  const path = id.replace(/^\0/, '')
  if (!path.includes('/node_modules/')) return undefined
  let folder = dirname(path)
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
}

/** A package without a licence can't be in what is published. */
function licenceText(folder) {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name))
  if (!file) throw new Error(`${folder} has no licence file.`)
  return readFileSync(join(folder, file), 'utf8').trim()
}
