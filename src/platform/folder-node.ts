import os from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { SourceError } from '../errors.ts'

/**
 * The folder of the user's cache that is this package's: VITRINE_CACHE, or what the system has for it.
 * @throws SourceError where the user has no home
 */
export function cacheFolder(): string {
  const { VITRINE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env
  if (VITRINE_CACHE) return resolve(VITRINE_CACHE)
  // By its specification a relative one counts for nothing.
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, 'vitrine')
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'vitrine', 'Cache')
  const home = homeFolder()
  if (process.platform === 'darwin') return join(home, 'Library', 'Caches', 'vitrine')
  return join(home, '.cache', 'vitrine')
}

/** HOME may be empty, or missing for a user that the system does not know, as in containers. */
function homeFolder(): string {
  for (const find of [() => os.homedir(), () => os.userInfo().homedir]) {
    try {
      const home = find()
      if (isAbsolute(home)) return home
    } catch {
      // Node throws where the system knows nothing.
    }
  }
  throw new SourceError(
    'This user has no home folder, where downloads could be kept; set VITRINE_CACHE to a folder.',
  )
}
