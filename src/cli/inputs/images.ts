import { addAbortSignal } from 'node:stream'
import type { Command } from 'commander'
import { LimitError } from '../../errors.ts'
import type { ImageInput } from '../../image/image.ts'
import { UsageError } from '../exit.ts'
import { expandArgument, expandListed, type NamedImage } from './expand-name.ts'
import { listedNames } from './name-list.ts'

/** The flags that name images, as commander parses them. */
export interface ImageFlags {
  recursive?: boolean
  filesFrom?: string
}

/** The most bytes of an image on stdin; the same limit as for files. */
const MAX_BYTES = 128 * 2 ** 20

/** Adds the argument and the flags of commands that take many images. */
export const withImageOptions = (command: Command): Command =>
  command
    .argument('[image...]', 'files, folders, URLs or quoted patterns; - is the standard input')
    .option('-r, --recursive', 'include the subfolders of folders')
    .option('--files-from <list>', 'also read image names from a file; - is the standard input')

/** All images that a command was given, in order. */
export interface ImageList {
  /** Their number; undefined if a list is still being read. */
  readonly total: number | undefined
  readonly images: AsyncIterable<NamedImage>
}

/**
 * Finds the images that the command line names. Arguments are expanded at once; a list is read as it
 * arrives.
 * @throws UsageError if no image is named, or stdin is named twice
 */
export async function findImages(
  names: readonly string[],
  { recursive = false, filesFrom }: ImageFlags,
  signal: AbortSignal,
): Promise<ImageList> {
  if (names.length === 0 && filesFrom === undefined) {
    throw new UsageError("missing required argument 'image': name files, folders or URLs.")
  }
  if ([...names, filesFrom].filter((name) => name === '-').length > 1) {
    throw new UsageError('The standard input can be read only once, and - is given twice.')
  }
  const options = { recursive }
  const found: NamedImage[] = []
  for (const name of names) {
    for await (const image of expandArgument(name, options)) {
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

/** The input for an image's name: the name itself, or for `-` the bytes of stdin. */
export async function readImage(name: string, signal: AbortSignal): Promise<ImageInput> {
  return name === '-' ? readStdin(signal) : name
}

async function readStdin(signal: AbortSignal): Promise<Uint8Array> {
  if (process.stdin.isTTY) {
    throw new UsageError(
      '- reads an image from the standard input, which is a terminal here; pipe an image into it.',
    )
  }
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of addAbortSignal(signal, process.stdin)) {
    length += part.length
    if (length > MAX_BYTES) {
      process.stdin.destroy()
      throw new LimitError(
        `The standard input has more than ${MAX_BYTES} bytes, the limit for an encoded image.`,
      )
    }
    parts.push(part)
  }
  return Buffer.concat(parts)
}
