import { addAbortSignal } from 'node:stream'
import type { Command } from 'commander'
import { LimitError } from '../../errors.ts'
import type { ImageInput } from '../../image/image.ts'
import { UsageError } from '../exit.ts'
import { expandListed, expandWord, type NamedImage } from './expand-name.ts'
import { listedNames } from './name-list.ts'

/** The flags that name images, as commander hands them over. */
export interface ImageFlags {
  recursive?: boolean
  filesFrom?: string
}

/** The largest image that is read from stdin, in bytes; as for files. */
const MAX_BYTES = 128 * 2 ** 20

/** Adds the argument and the flags of every command that takes many images. */
export const withImageOptions = (command: Command): Command =>
  command
    .argument('[image...]', 'files, folders, URLs or quoted patterns; - is the standard input')
    .option('-r, --recursive', 'take the subfolders of folders, too')
    .option('--files-from <list>', 'also the images that a file lists; - is the standard input')

/** All images that a command was given, in order. */
export interface ImageList {
  /** How many there are; undefined while a list is still coming. */
  readonly total: number | undefined
  readonly images: AsyncIterable<NamedImage>
}

/**
 * Finds the images that were named. Words are looked up at once, a list is read as it comes.
 * @throws UsageError where nothing is named, or stdin twice
 */
export async function findImages(
  words: readonly string[],
  { recursive = false, filesFrom }: ImageFlags,
  signal: AbortSignal,
): Promise<ImageList> {
  if (words.length === 0 && filesFrom === undefined) {
    throw new UsageError("missing required argument 'image': name files, folders or URLs.")
  }
  if ([...words, filesFrom].filter((name) => name === '-').length > 1) {
    throw new UsageError('The standard input can be read only once, and - is given twice.')
  }
  const options = { recursive }
  const found: NamedImage[] = []
  for (const word of words) {
    for await (const image of expandWord(word, options)) {
      signal.throwIfAborted()
      found.push(image)
    }
  }
  return { total: filesFrom === undefined ? found.length : undefined, images: images() }

  async function* images(): AsyncGenerator<NamedImage> {
    yield* found
    if (filesFrom === undefined) return
    for await (const name of listedNames(filesFrom, signal)) yield* expandListed(name, options)
  }
}

/** What a name stands for: itself, or the standard input. */
export async function readImage(name: string, signal: AbortSignal): Promise<ImageInput> {
  return name === '-' ? readStdin(signal) : name
}

async function readStdin(signal: AbortSignal): Promise<Uint8Array> {
  if (process.stdin.isTTY) {
    throw new UsageError('- reads an image from the standard input, which is a terminal here.')
  }
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of addAbortSignal(signal, process.stdin)) {
    length += part.length
    if (length > MAX_BYTES) {
      process.stdin.destroy()
      throw new LimitError(`The standard input has more than the ${MAX_BYTES} bytes of an image.`)
    }
    parts.push(part)
  }
  return Buffer.concat(parts)
}
