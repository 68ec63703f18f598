/**
 * Puts modules into a few chunks, since every file costs a request in pages and half a millisecond in Node. By itself
 * Rollup makes a chunk for every set of entries and dynamic imports that share modules, which are dozens.
 * @param groups by the name of a chunk: the paths of modules that belong to it, with all that they import statically.
 *   A module belongs to the first chunk of those that it could be in
 */
export function chunks(groups) {
  let chunkOf
  return (id, { getModuleInfo, getModuleIds }) => {
    chunkOf ??= assign(groups, [...getModuleIds()], getModuleInfo)
    return chunkOf.get(id)
  }
}

function assign(groups, all, getModuleInfo) {
  const chunkOf = new Map()
  for (const [chunk, paths] of Object.entries(groups)) {
    const found = new Set(
      paths.map((path) => {
        const module = all.find((one) => one.endsWith(`/${path}`))
        // The chunks of a module that was moved would be others.
        if (!module) throw new Error(`The chunk ${chunk} has no module ${path}.`)
        return module
      }),
    )
    for (const id of found) {
      if (!chunkOf.has(id)) chunkOf.set(id, chunk)
      for (const next of getModuleInfo(id).importedIds) {
        if (!getModuleInfo(next).isExternal) found.add(next)
      }
    }
  }
  return chunkOf
}
