import os from 'node:os'
import { join } from 'node:path'
import { readVariable } from './environment-node.ts'

/** The folder of the user's cache that is this package's: VITRINE_CACHE, or what the system has for it. */
export function cacheFolder(): string {
  const own = readVariable('VITRINE_CACHE')
  if (own) return own
  const caches = readVariable('XDG_CACHE_HOME')
  if (caches) return join(caches, 'vitrine')
  const local = process.platform === 'win32' && readVariable('LOCALAPPDATA')
  if (local) return join(local, 'vitrine', 'Cache')
  if (process.platform === 'darwin') return join(os.homedir(), 'Library', 'Caches', 'vitrine')
  return join(os.homedir(), '.cache', 'vitrine')
}
