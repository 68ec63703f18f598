import os from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { SourceError } from '../../errors.ts'
import { readVariable } from './environment.ts'

/**
 * The folder of the user's cache that is this package's: VITRINE_CACHE, or what the system has for it.
 * @throws SourceError where the user has no home
 */
export function cacheFolder(): string {
  const own = readVariable('VITRINE_CACHE')
  if (own) return resolve(own)
  const caches = readVariable('XDG_CACHE_HOME')
  // By its specification a relative one counts for nothing.
  if (caches && isAbsolute(caches)) return join(caches, 'vitrine')
  const local = process.platform === 'win32' && readVariable('LOCALAPPDATA')
  if (local) return join(local, 'vitrine', 'Cache')
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
