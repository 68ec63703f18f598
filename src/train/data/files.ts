import { platform } from '#platform'
import { fileSource } from '../../checkpoint/source/file.ts'
import { blobSource } from '../../checkpoint/source/memory.ts'
import type { ByteSource } from '../../checkpoint/source/source.ts'
import { ArgumentError, LimitError, SourceError } from '../../errors.ts'
import { visible } from '../../platform/url-name.ts'
import { DatasetError } from './errors.ts'
import { byCodePoint } from './names.ts'

/** The files of a folder and of the folders below it. */
export interface FileTree {
  /** For messages. */
  readonly name: string
  /** Paths below the folder, with slashes, in the order of code points. */
  readonly paths: readonly string[]
  /** The folders below the folder, empty ones too where that can be known, in the same order. */
  readonly folders: readonly string[]
  /**
   * @throws SourceError where a file can't be opened, DatasetError where the whole folder vanished
   */
  open(path: string): Promise<ByteSource>
}

/** Folders within folders; more are links in a circle. */
const DEEPEST = 32

/**
 * The files of a folder of the file system. Links are followed.
 * @throws SourceError for a folder that does not exist or can't be read
 */
export async function folderTree(folder: string): Promise<FileTree> {
  const found = { paths: [], folders: [] }
  const root = folder.replace(/(?<=[^/\\])[/\\]+$/, '')
  await collect(root, '', found, 0)
  return {
    name: visible(root),
    paths: found.paths.sort(byCodePoint),
    folders: found.folders.sort(byCodePoint),
    async open(path) {
      const full = `${root}/${path}`
      try {
        return fileSource(await platform.openFile(full), visible(full))
      } catch (error) {
        if ((await platform.filesIn(root)) !== undefined) throw error
        throw vanished(visible(root), error)
      }
    },
  }
}

export const vanished = (folder: string, cause: unknown): DatasetError =>
  new DatasetError(
    `The folder ${folder} of the data set vanished: it was there when training began. Bring it back, and resume.`,
    { cause },
  )

async function collect(
  folder: string,
  prefix: string,
  found: { paths: string[]; folders: string[] },
  depth: number,
) {
  const [files, folders] = await Promise.all([
    platform.filesIn(folder || '/'),
    platform.foldersIn(folder || '/'),
  ])
  if (!files || !folders) {
    throw new SourceError(
      `Can't read the folder ${visible(folder)}: it does not exist, or access is denied.`,
    )
  }
  if (depth > DEEPEST) {
    throw new SourceError(`${visible(folder)} is ${depth} folders deep: a link leads in a circle.`)
  }
  const isFolder = new Set(folders)
  for (const name of files) if (!isFolder.has(name)) found.paths.push(prefix + name)
  for (const name of folders) {
    found.folders.push(prefix + name)
    await collect(`${folder}/${name}`, `${prefix}${name}/`, found, depth + 1)
  }
}

/**
 * Files that a user dropped on a page or chose. Their paths are those of the folder that they came from
 * (`webkitRelativePath`), or their names; what they have in common at the beginning is left out.
 * @throws ArgumentError where two files have the same path
 */
export function blobTree(files: Iterable<File>, name = 'the given files'): FileTree {
  const all = [...files].map((file) => [file.webkitRelativePath || file.name, file] as const)
  const prefix = commonFolder(all.map(([path]) => path))
  const byPath = new Map<string, File>()
  for (const [path, file] of all) {
    const below = path.slice(prefix.length)
    if (byPath.has(below)) {
      throw new ArgumentError(
        `Two of ${name} have the path ${visible(below)}; choose their folder instead of the files.`,
      )
    }
    byPath.set(below, file)
  }
  return {
    name: prefix ? visible(prefix.slice(0, -1)) : name,
    paths: [...byPath.keys()].sort(byCodePoint),
    folders: [...foldersOf(byPath.keys())].sort(byCodePoint),
    async open(path) {
      const file = byPath.get(path)
      if (!file) throw new SourceError(`There is no ${visible(path)} among ${name}.`)
      return blobSource(file)
    },
  }
}

function foldersOf(paths: Iterable<string>): Set<string> {
  const folders = new Set<string>()
  for (const path of paths) {
    for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) {
      folders.add(path.slice(0, end))
    }
  }
  return folders
}

/** The one folder at the top that all paths begin with: the one that was chosen. */
function commonFolder(paths: readonly string[]): string {
  const [first = ''] = paths
  const top = first.slice(0, first.indexOf('/') + 1)
  return paths.every((path) => path.startsWith(top)) ? top : ''
}

/** The largest picture's file, in bytes. */
export const MAX_PICTURE_BYTES = 128 * 2 ** 20

/**
 * All bytes of a source, which stays open.
 * @throws LimitError for more than `most`
 */
export async function readSource(
  source: ByteSource,
  most: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const size = await source.measure(signal)
  if (size > most) throw new LimitError(`${source.name} has ${size} bytes, the limit is ${most}.`)
  return source.read(0, size, signal)
}

/** All bytes of a file of a tree. */
export async function readFile(
  tree: FileTree,
  path: string,
  signal?: AbortSignal,
  most = MAX_PICTURE_BYTES,
): Promise<Uint8Array> {
  const source = await tree.open(path)
  try {
    return await readSource(source, most, signal)
  } finally {
    await source.close()
  }
}
