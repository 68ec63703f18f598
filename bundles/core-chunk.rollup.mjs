/**
 * One chunk, `core`, of all modules that importing the package in Node loads, except those that a worker
 * imports too. Rollup would split them by what else imports them, and Node takes half a millisecond for a file.
 * @param entry the path of the entry
 * @param workers the paths of the workers' entries
 */
export function coreChunk(entry, workers) {
  let core
  return (id, { getModuleInfo, getModuleIds }) => {
    const reachedFrom = (path) => {
      const first = [...getModuleIds()].find((one) => one.endsWith(`/${path}`))
      const found = new Set(first ? [first] : [])
      for (const one of found)
        for (const next of getModuleInfo(one)?.importedIds ?? []) found.add(next)
      return found
    }
    if (!core) {
      core = reachedFrom(entry)
      for (const path of workers) for (const one of reachedFrom(path)) core.delete(one)
    }
    return core.has(id) ? 'core' : undefined
  }
}
