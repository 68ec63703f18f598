import os from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { SourceError } from '../../errors.ts'
import { readVariable } from './environment.ts'

/**
 * This package's cache folder: VITRINE_CACHE, or the system's default location.
 * @throws SourceError where the user has no home folder
 */
export function cacheFolder(): string {
  const own = readVariable('VITRINE_CACHE')
  if (own) return resolve(own)
  const caches = readVariable('XDG_CACHE_HOME')
  // The XDG specification says to ignore relative paths.
  if (caches && isAbsolute(caches)) return join(caches, 'vitrine')
  const local = process.platform === 'win32' && readVariable('LOCALAPPDATA')
  if (local) return join(local, 'vitrine', 'Cache')
  const home = homeFolder()
  if (process.platform === 'darwin') return join(home, 'Library', 'Caches', 'vitrine')
  return join(home, '.cache', 'vitrine')
}

/** HOME may be empty, or missing for an unknown user, as in containers. */
function homeFolder(): string {
  for (const find of [() => os.homedir(), () => os.userInfo().homedir]) {
    try {
      const home = find()
      if (isAbsolute(home)) return home
    } catch {
      // Node throws if the system does not know the user.
    }
  }
  throw new SourceError(
    'This user has no home folder for downloads; set VITRINE_CACHE to a folder.',
  )
}
