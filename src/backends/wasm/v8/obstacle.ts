import { platform } from '#platform'

/** V8 versions on which this project's tests pass with the flag. */
const TESTED_V8 = ['13.6', '14.6']

/** Why the 256-bit kernels are not tried; undefined where they are. */
export function findObstacle(wanted: boolean | undefined): string | undefined {
  if (wanted === false) return 'turned off by the option wide'
  if (platform.environment('VITRINE_WIDE') === '0') return 'turned off by VITRINE_WIDE=0'
  return findEngineObstacle()
}

/** Why this engine can't fuse; undefined where it can. */
export function findEngineObstacle(): string | undefined {
  const v8 = platform.v8
  if (!v8) return 'this runtime has no switch for V8’s 256-bit pass'
  if (v8.architecture !== 'x64') return `there is nothing to fuse on ${v8.architecture}`
  if (!TESTED_V8.some((version) => v8.version.startsWith(`${version}.`))) {
    return `V8 ${v8.version} is not among the tested versions (${TESTED_V8.join(', ')})`
  }
  return undefined
}
