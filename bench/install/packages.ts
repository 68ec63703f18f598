import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from '../../src/platform/node/cache-folder.ts'
import { EngineError } from '../drive/errors.ts'
import type { EngineSpec } from '../engine/spec.ts'
import { peerRow } from '../peers/registry.ts'

/** Where an engine's packages are, and which version of it that is. */
export interface Located {
  /** The folder in which the modules of its `Place` begin. */
  readonly packages: string
  /** Of its package; undefined for this package's own. */
  readonly version: string | undefined
}

/** What has to be installed for an engine: names and exact versions, the engine itself first. */
export function packagesOf({ peer, version }: EngineSpec): [name: string, version: string][] {
  const all = Object.entries(peerRow(peer).packages)
  const own = all[0]?.[1]
  // Packages that are released together stay together.
  return all.map(([name, its]) => [name, version && its === own ? version : its])
}

/** The folder of the user's cache in which engines are installed, each version in its own. */
export function installFolder(packages: readonly (readonly [string, string])[]): string {
  const name = packages.map(([name, version]) => `${name.replace('/', '+')}@${version}`).join(',')
  return join(cacheFolder(), 'bench', name)
}

/**
 * Finds an engine.
 * @throws EngineError `missing`, saying how to get it
 */
export function locate(engine: EngineSpec): Located {
  const { built } = peerRow(engine.peer)
  if (built) return locateBuilt(engine, built)
  const packages = packagesOf(engine)
  if (packages.length === 0) return { packages: '', version: undefined }
  const [name, version] = packages[0]!
  const folder = join(installFolder(packages), 'node_modules')
  if (!existsSync(join(folder, name, 'package.json'))) {
    const wanted = engine.version ? `${engine.peer}@${engine.version}` : engine.peer
    throw new EngineError('missing', `${name} ${version} is not installed: add --with ${wanted}`)
  }
  return { packages: folder, version }
}

/** What is compiled in a checkout lies beside the adapters' source, wherever this file was bundled to. */
function locateBuilt(
  { peer }: EngineSpec,
  { path, hint }: { path: string; hint: string },
): Located {
  for (const place of ['../peers/', '../../bench/peers/']) {
    const folder = fileURLToPath(new URL(place, import.meta.url))
    if (!existsSync(join(folder, path))) continue
    const manifest = join(folder, path, '../package.json')
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
    return { packages: folder, version }
  }
  throw new EngineError('missing', `${peer} is not built: in a checkout, ${hint}`)
}
