import os from 'node:os'
import { join } from 'node:path'

/** The folder of the user's cache that is this package's: VITRINE_CACHE, or what the system has for it. */
export function cacheFolder(): string {
  const { VITRINE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env
  if (VITRINE_CACHE) return VITRINE_CACHE
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'vitrine')
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'vitrine', 'Cache')
  if (process.platform === 'darwin') return join(os.homedir(), 'Library', 'Caches', 'vitrine')
  return join(os.homedir(), '.cache', 'vitrine')
}
