import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Puts the licences of the packages in a chunk in front of it. Runs after the minifier, which would drop them. */
export const licencesInFront = {
  name: 'licences-in-front',
  renderChunk: {
    order: 'post',
    handler(code, { modules }) {
      const text = textOf(foldersOf(modules)).replaceAll('*/', '* /')
      return { code: `/*\n${text}\n*/\n${code}`, map: null }
    },
  },
}

const published = new Set()

/** Writes the licences of all packages that are bundled into a file, which is published with the bundles. */
export const licencesBeside = (file) => ({
  name: 'licences-beside',
  generateBundle(_, made) {
    for (const { modules = {} } of Object.values(made))
      for (const folder of foldersOf(modules)) published.add(folder)
    writeFileSync(
      file,
      `Packages whose code is part of the files in this folder.\n\n${textOf(published)}\n`,
    )
  },
})

function foldersOf(modules) {
  const used = Object.entries(modules).filter(([, { renderedLength }]) => renderedLength > 0)
  return new Set(used.flatMap(([id]) => packageFolder(id) ?? []))
}

/** Each text once, with the packages that have it. */
function textOf(folders) {
  const byText = new Map()
  for (const folder of [...folders].sort()) {
    const { name, version } = described(folder)
    const text = licenceText(folder)
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}`])
  }
  return [...byText].map(([text, names]) => `${names.join(', ')}:\n\n${text}`).join('\n\n')
}

function packageFolder(id) {
  // What plugins make of a module has its path with a zero byte before.
  const path = id.replace(/^\0/, '')
  if (!path.includes('/node_modules/')) return undefined
  let folder = dirname(path)
  // A folder inside a package may have a package.json that only says how its files are read.
  while (!described(folder).name) folder = dirname(folder)
  return folder
}

function described(folder) {
  const file = join(folder, 'package.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
}

/** A package without a licence can't be in what is published. */
function licenceText(folder) {
  const files = ['.', 'codec']
    .filter((name) => existsSync(join(folder, name)))
    .flatMap((name) => readdirSync(join(folder, name)).map((file) => join(folder, name, file)))
    .filter((file) => /^licen[cs]e/i.test(basename(file)))
  if (files.length === 0) throw new Error(`${folder} has no licence file.`)
  return files.map((file) => readFileSync(file, 'utf8').trim()).join('\n\n')
}
