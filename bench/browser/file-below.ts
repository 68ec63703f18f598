import { realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'

/**
 * Finds the file that the path of a URL names.
 * @param root the folder that is served
 * @param path below it, as it stands in the URL, percent-encoded
 * @returns undefined where that is no regular file, or one that is not below the folder: neither
 *   `..` in any spelling nor a symbolic link leads out
 */
export async function fileBelow(
  root: string,
  path: string,
): Promise<{ path: string; size: number } | undefined> {
  const names = decodeSegments(path)
  if (!names || root === '') return undefined
  try {
    const folder = await realpath(root)
    const found = await realpath(join(folder, ...names))
    const { size, isFile } = await stat(found).then((its) => ({ ...its, isFile: its.isFile() }))
    const inside = found.startsWith(folder.endsWith(sep) ? folder : folder + sep)
    return inside && isFile ? { path: found, size } : undefined
  } catch {
    return undefined
  }
}

/** The names of a path of a URL; undefined where one of them is none. */
function decodeSegments(path: string): string[] | undefined {
  try {
    const names = path.split('/').map(decodeURIComponent)
    return names.every(isName) ? names : undefined
  } catch {
    return undefined
  }
}

/** A file's name on every system: nothing that goes up, nests, names a drive or ends the text. */
const isName = (name: string) =>
  name !== '' && name !== '.' && name !== '..' && !/[/\\:\0]/.test(name)
