import type { Dirent } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { SourceError } from '../../errors.ts'
import { sniffFormat } from '../../image/formats/sniff.ts'

export interface WalkOptions {
  /** How many levels of subfolders are included. */
  readonly depth: number
  /** Whether names with a leading dot are included. */
  readonly hidden?: boolean
}

/** How the names of files end that this package is writing. */
const DRAFT = '.vitrine-draft'

export interface Entry {
  /** The folder's path and the path below it, with slashes. */
  readonly path: string
  readonly kind: 'file' | 'folder left out'
}

/** Natural order (`img2` before `img10`), the same in every locale. */
function inNaturalOrder(entries: readonly Dirent[]): Dirent[] {
  const { compare } = new Intl.Collator('en', { numeric: true })
  return [...entries].sort((a, b) => compare(a.name, b.name) || (a.name < b.name ? -1 : 1))
}

/**
 * The files of a folder in natural order, each subfolder in its place among them. A link to a file
 * counts as a file; links to folders are followed only if the depth is limited, since they may lead in
 * a circle.
 * @param folder an empty string is the current folder
 * @throws SourceError for a folder that can't be read
 */
export async function* walk(folder: string, options: WalkOptions): AsyncGenerator<Entry> {
  const { depth, hidden = false } = options
  const entries = await readdir(folder || '.', { withFileTypes: true }).catch((cause: Error) => {
    throw new SourceError(`Can't read the folder ${folder}: ${cause.message}.`, { cause })
  })
  const prefix = folder === '' || folder.endsWith('/') ? folder : `${folder}/`
  for (const entry of inNaturalOrder(entries)) {
    if (!hidden && entry.name.startsWith('.')) continue
    if (entry.name.endsWith(DRAFT)) continue
    const path = prefix + entry.name
    const kind = await kindOf(entry, path)
    if (kind === 'file') yield { path, kind }
    else if (kind === 'folder' && depth > 0) yield* walk(path, { hidden, depth: depth - 1 })
    else if (kind === 'folder') yield { path, kind: 'folder left out' }
    else if (kind === 'link' && Number.isFinite(depth) && depth > 0) {
      yield* walk(path, { hidden, depth: depth - 1 })
    }
  }
}

async function kindOf(entry: Dirent, path: string): Promise<'file' | 'folder' | 'link' | 'other'> {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  if (!entry.isSymbolicLink()) return 'other'
  const target = await stat(path).catch(() => undefined)
  // A dangling link counts as a file, so that reading it reports the error.
  if (!target || target.isFile()) return 'file'
  return target.isDirectory() ? 'link' : 'other'
}

const IMAGE = /^\.(jpe?g|jpe|jfif|png|webp)$/i

/** Whether a file is an image by its extension or, if it has none, by its first bytes. */
export async function isImage(path: string): Promise<boolean> {
  const extension = extname(path)
  if (extension !== '') return IMAGE.test(extension)
  const handle = await open(path).catch(() => undefined)
  if (!handle) return false
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(16), 0, 16, 0)
    sniffFormat(buffer.subarray(0, bytesRead))
    return true
  } catch {
    return false
  } finally {
    await handle.close()
  }
}
