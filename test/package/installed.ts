import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'

// The package as npm would publish it, in a project of a user's. npm gets it from the build that is there.
const root = fileURLToPath(new URL('../../', import.meta.url))
export const built = existsSync(join(root, 'build/types/index.d.ts'))

export interface Packed {
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string; readonly size: number }[]
}

export interface Installed {
  /** A project of a user's, where `import 'vitrine'` finds the package. */
  readonly folder: string
  /** Where the package lies in it. */
  readonly package: string
  readonly tarball: Uint8Array<ArrayBuffer>
  readonly packed: Packed
}

let installed: Installed | undefined

/**
 * Packs the package and unpacks it into a folder, once for a process. It has no dependencies.
 */
export function install(): Installed {
  installed ??= installInto(mkdtempSync(join(tmpdir(), 'vitrine-package-')))
  return installed
}

function installInto(folder: string): Installed {
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const options = ['--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder]
  const output = execFileSync('npm', ['pack', ...options], { cwd: root, encoding: 'utf8' })
  const [packed] = JSON.parse(output) as [Packed & { filename: string }]
  const tarball = join(folder, packed.filename)
  execFileSync('tar', ['-xzf', tarball, '-C', folder])
  const target = join(folder, 'node_modules/vitrine')
  mkdirSync(dirname(target))
  execFileSync('mv', [join(folder, 'package'), target])
  return { folder, package: target, tarball: Uint8Array.from(readFileSync(tarball)), packed }
}

/** Lets a project use a package of the checkout. */
export function link(folder: string, name: string): void {
  const target = join(folder, 'node_modules', name)
  mkdirSync(dirname(target), { recursive: true })
  symlinkSync(join(root, 'node_modules', name), target)
}

let reasonPrinted = false

/** A test of the package as it is published; skipped, with the reason, where it was not built. */
export function packageTest(
  name: string,
  run: (installed: Installed) => void | Promise<void>,
): void {
  const obstacle = !built
    ? 'there is no build/; npm run build'
    : spawnSync('tar', ['--version']).status !== 0
      ? 'there is no tar'
      : undefined
  if (!obstacle) return void test(name, () => run(install()))
  if (!reasonPrinted) console.log(`skipping tests of the package: ${obstacle}`)
  reasonPrinted = true
  test.skip(name, () => {})
}
