import type { Dirent } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { SourceError } from '../../errors.ts'
import { sniffFormat } from '../../image/formats/sniff.ts'

export interface WalkOptions {
  /** How many levels of subfolders are entered. */
  readonly depth: number
  /** Whether names with a leading dot are seen. */
  readonly hidden?: boolean
}

export interface Entry {
  /** The folder's path and the way from there, with slashes. */
  readonly path: string
  readonly kind: 'file' | 'folder left out'
}

/** `img2` comes before `img10`, in every country alike. */
const collator = new Intl.Collator('en', { numeric: true })

const byName = (a: Dirent, b: Dirent) =>
  collator.compare(a.name, b.name) || (a.name < b.name ? -1 : 1)

/**
 * The files of a folder (an empty name is the current one) in the natural order of their names, subfolders in their place among them. A
 * link to a file is a file; links to folders are followed only where the depth is limited.
 * @throws SourceError for a folder that can't be read
 */
export async function* walk(folder: string, options: WalkOptions): AsyncGenerator<Entry> {
  const { depth, hidden = false } = options
  const entries = await readdir(folder || '.', { withFileTypes: true }).catch((cause: Error) => {
    throw new SourceError(`Can't read the folder ${folder}: ${cause.message}.`, { cause })
  })
  const prefix = folder === '' || folder.endsWith('/') ? folder : `${folder}/`
  for (const entry of entries.sort(byName)) {
    if (!hidden && entry.name.startsWith('.')) continue
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
  // A dangling link with an image's name is an image that can't be read, and is reported as one.
  if (!target || target.isFile()) return 'file'
  return target.isDirectory() ? 'link' : 'other'
}

const IMAGE = /^\.(jpe?g|jpe|jfif|png|webp)$/i

/** Whether a file is one of those that are read, by the end of its name, or by its first bytes. */
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
