import { blobSource } from '../../checkpoint/source/memory.ts'
import { SourceError } from '../../errors.ts'
import { visible } from '../../platform/url-name.ts'
import { type FileTree, vanished } from './files.ts'
import { byCodePoint } from './names.ts'

/** A folder as `showDirectoryPicker()` and the origin's private file system give it; it can be sent to a worker. */
export interface DirectoryHandle {
  /** Tells it from the handle of a file. */
  readonly kind: 'directory'
  /** For messages. */
  readonly name: string
}

/** What is used of handles; TypeScript's own types have `entries` only with further libraries. */
interface Folder extends DirectoryHandle {
  entries(): AsyncIterable<readonly [name: string, handle: Folder | FileHandle]>
}

interface FileHandle {
  readonly kind: 'file'
  getFile(): Promise<File>
}

export const isDirectoryHandle = (input: object): input is DirectoryHandle =>
  'kind' in input && input.kind === 'directory' && 'entries' in input

/**
 * The files of a folder that a page may read.
 * @throws SourceError where it can't be read
 */
export async function handleTree(handle: DirectoryHandle): Promise<FileTree> {
  const root = handle as Folder
  const name = visible(root.name || 'the given folder')
  const files = new Map<string, FileHandle>()
  const folders: string[] = []
  const collect = async (folder: Folder, prefix: string): Promise<void> => {
    for await (const [own, child] of folder.entries()) {
      if (child.kind === 'file') files.set(prefix + own, child)
      else {
        folders.push(prefix + own)
        await collect(child, `${prefix}${own}/`)
      }
    }
  }
  await collect(root, '').catch((cause) => {
    throw new SourceError(
      `Can't read the folder ${name}: ${cause.message} Ask the user for it again, or for permission (requestPermission).`,
      { cause },
    )
  })
  return {
    name,
    paths: [...files.keys()].sort(byCodePoint),
    folders: folders.sort(byCodePoint),
    async open(path) {
      const file = files.get(path)
      if (!file) throw new SourceError(`There is no ${visible(path)} in ${name}.`)
      try {
        return blobSource(await file.getFile())
      } catch (cause) {
        if (!(await isThere(root))) throw vanished(name, cause)
        throw new SourceError(`Can't read ${visible(path)}: ${(cause as Error).message}`, { cause })
      }
    },
  }
}

async function isThere(folder: Folder): Promise<boolean> {
  try {
    for await (const _ of folder.entries()) break
    return true
  } catch {
    return false
  }
}
