import { requireAttached } from '../bytes/detached.ts'
import { ArgumentError, SourceError } from '../errors.ts'
import { show } from '../show.ts'
import { checkBytes } from './check-bytes.ts'
import type { ImageInput, PageImage, RawImage } from './image.ts'

const DEFAULT_MAX_BYTES = 128 * 2 ** 20

export interface ReadOptions {
  /** The largest encoded image to read, in bytes; 128 MiB by default. */
  readonly maxBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads the bytes of an encoded image. `own` is whether no other code holds a reference to them.
 * @throws SourceError, LimitError, ArgumentError
 */
export async function readImage(
  input: Exclude<ImageInput, RawImage | PageImage>,
  { maxBytes = DEFAULT_MAX_BYTES, signal }: ReadOptions,
): Promise<{ bytes: Uint8Array; own: boolean }> {
  if (input instanceof Uint8Array) return { bytes: input, own: false }
  if (input instanceof ArrayBuffer) {
    requireAttached(input, 'the image')
    return { bytes: new Uint8Array(input), own: false }
  }
  return { bytes: await readOwn(input, maxBytes, signal), own: true }
}

async function readOwn(
  input: string | URL | Blob,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (input instanceof Blob) {
    checkBytes(input.size, maxBytes, 'This blob')
    return readBlob(input)
  }
  if (typeof input !== 'string' && !(input instanceof URL)) {
    throw new ArgumentError(
      'An image is a path, a URL, a Blob, an ArrayBuffer, a Uint8Array, raw pixels with width, height and data, ' +
        `or in a page an <img>, <video>, <canvas>, ImageBitmap or VideoFrame; this is ${show(input)}.`,
    )
  }
  const { readFrom } = await import('./read-from.ts')
  return readFrom(input, maxBytes, signal)
}

/** Reading fails if the file behind the blob no longer exists. */
async function readBlob(blob: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer())
  } catch (cause) {
    const { nameOfImage } = await import('./name.ts')
    throw new SourceError(`Can't read ${nameOfImage(blob)}: ${(cause as Error).message}`, { cause })
  }
}
