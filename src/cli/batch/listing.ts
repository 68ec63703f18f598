import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import type { Entry } from '../../batch/manifest/entry.ts'
import { isTable, type Listed, listedIn } from '../../batch/manifest/table.ts'
import { imagesInTar } from '../../batch/manifest/tar.ts'
import { ArgumentError } from '../../errors.ts'
import { isUrl, pathOfFileUrl } from '../../platform/locator.ts'
import { expandArgument } from '../inputs/expand-name.ts'

export interface ListOptions {
  readonly recursive: boolean
  /** The folder that paths are relative to in the manifest, if they lie below it. */
  readonly root: string
  readonly signal: AbortSignal
}

const isTar = (path: string) => /\.tar$/i.test(path)

/**
 * The images that arguments name, in their order: files, folders, patterns, URLs, tar archives, lists, and what is in a
 * bucket (`s3://bucket/prefix`).
 * @throws SourceError, FormatError or ArgumentError for the first that can't be listed: a job has all its images
 */
export async function* listImages(
  names: readonly string[],
  options: ListOptions,
): AsyncGenerator<Entry> {
  for (const name of names) {
    if (/^s3:/i.test(name)) yield* inBucket(name, options)
    else if (isTable(name) && !isUrl(name)) yield* inTable(name, options)
    else if (isUrl(name)) yield* named({ name }, '.', options)
    else yield* expanded(name, options)
  }
}

async function* expanded(name: string, options: ListOptions): AsyncGenerator<Entry> {
  const { recursive } = options
  for await (const image of expandArgument(name, { recursive, isAlsoWanted: isTar })) {
    if (image.error) throw image.error
    yield* named({ name: image.name }, '.', options)
  }
}

async function* inTable(path: string, options: ListOptions): AsyncGenerator<Entry> {
  for await (const listed of listedIn(path, options.signal)) {
    yield* named(listed, dirname(path), options)
  }
}

async function* inBucket(url: string, { signal }: ListOptions): AsyncGenerator<Entry> {
  const { imagesInBucket } = await import('../../batch/s3/list.ts')
  yield* imagesInBucket(url, signal)
}

/** @param folder that its path is relative to */
async function* named(
  { name, id }: Listed,
  folder: string,
  options: ListOptions,
): AsyncGenerator<Entry> {
  const { root, signal } = options
  if (/^file:/i.test(name))
    return yield* named({ name: pathOfFileUrl(new URL(name)), id }, '.', options)
  if (isUrl(name)) {
    if (/^data:/i.test(name) && id === undefined) {
      throw new ArgumentError('A data: URL names no image; give it an "id" in a CSV or JSONL file.')
    }
    return yield { image: id ?? name, url: name }
  }
  const place = resolve(folder, name)
  const path = below(root, place)
  if (!isTar(name)) return yield { image: id ?? name, path }
  if (id !== undefined) {
    throw new ArgumentError(`${name} has many images, and one id, ${id}; leave the id out.`)
  }
  for await (const entry of imagesInTar(path, place, signal)) {
    // Named as the archive was, wherever it lies.
    yield { ...entry, image: name + entry.image.slice(path.length) }
  }
}

/** A path relative to a folder if it lies there, with slashes. */
function below(root: string, path: string): string {
  const found = relative(root, path)
  return found.startsWith('..') || isAbsolute(found) ? path : found.split(sep).join('/')
}
