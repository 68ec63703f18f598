import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

interface Manifest {
  readonly version: string
  readonly bin?: string | Readonly<Record<string, string>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/**
 * Installs packages as npm would, from a folder where they are installed already: they and what they
 * depend on become real folders of the project, since bundlers treat linked packages as the user's own code.
 * @param from the checkout's folder that has a node_modules
 */
export function installFrom(from: string, names: readonly string[], into: string): void {
  const top = join(from, 'node_modules')
  for (const folder of closure(from, names)) {
    linkTree(folder, join(into, 'node_modules', folder.slice(top.length + 1)))
  }
}

/** Puts the commands of a package where `npm run` finds them. */
export function linkCommands(project: string, name: string): void {
  const { bin = {} } = manifestOf(join(project, 'node_modules', name))
  const commands = typeof bin === 'string' ? { [name.replace(/^@.*\//, '')]: bin } : bin
  const folder = join(project, 'node_modules/.bin')
  mkdirSync(folder, { recursive: true })
  for (const [command, path] of Object.entries(commands)) {
    const target = join(project, 'node_modules', name, path)
    // What comes from a lock file's tarball is executable already, and its file is shared.
    if (!(statSync(target).mode & 0o111)) chmodSync(target, 0o755)
    symlinkSync(join('..', name, path), join(folder, command))
  }
}

/** The packages right below node_modules that these and their dependencies are; nested ones lie inside them. */
function closure(from: string, names: readonly string[]): Set<string> {
  const seen = new Set<string>()
  const visit = (folder: string) => {
    if (seen.has(folder)) return
    seen.add(folder)
    const { dependencies, optionalDependencies, peerDependencies } = manifestOf(folder)
    const all = { ...dependencies, ...optionalDependencies, ...peerDependencies }
    for (const name of Object.keys(all)) {
      // What is optional, or for another platform, is not there.
      const found = find(name, folder, from)
      if (found) visit(found)
    }
  }
  for (const name of names) visit(join(from, 'node_modules', name))
  const top = join(from, 'node_modules')
  return new Set([...seen].filter((one) => !one.slice(top.length).includes('node_modules')))
}

/** Where Node's resolution finds a package, from a folder upwards to a last one. */
function find(name: string, folder: string, last: string): string | undefined {
  const found = join(folder, 'node_modules', name)
  if (existsSync(join(found, 'package.json'))) return found
  return folder === last ? undefined : find(name, dirname(folder), last)
}

/** Copies a folder; its files are links to the same bytes where the file system allows that. */
function linkTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) linkTree(source, target)
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target)
    else linkFile(source, target)
  }
}

function linkFile(source: string, target: string): void {
  try {
    linkSync(source, target)
  } catch {
    copyFileSync(source, target)
  }
}
