import { platform } from '#platform'
import { requireAttached } from '../bytes/detached.ts'
import { ArgumentError } from '../errors.ts'
import { checkHeader, checkPixels, type DecodeOptions } from './decode.ts'
import type { Channels, ImageInput, PageImage, RawImage, RGBImage } from './image.ts'
import type { TargetSize } from './preprocess/fit.ts'
import type { Recipe, RecipeName } from './preprocess/recipes.ts'
import { type ReadOptions, readImage } from './read.ts'
import { countChannels } from './rgba.ts'
import type { Fit, Result } from './worker/job.ts'
import { perform } from './worker/perform.ts'

export interface InputOptions extends DecodeOptions, ReadOptions {
  /** How many workers decode, images of any size; by default one, and large images only. */
  readonly decoders?: number | undefined
}

/**
 * Reads an image input as 8-bit RGB. Large images are decoded in a worker, if the runtime has workers.
 *
 * @param input a path; a URL (`https:`, `data:`, `blob:`, or `file:` where there is a file system) as a
 *   string or `URL`; a `Blob`, `ArrayBuffer` or `Uint8Array` with an encoded image; raw pixels
 *   with width and height (`ImageData` is one); or in a page an `<img>`, `<video>`, `<canvas>`, `OffscreenCanvas`,
 *   `ImageBitmap` or `VideoFrame`, as it is shown. Alpha is ignored
 * @throws SourceError when the bytes can't be read, LimitError for too many bytes or pixels, ArgumentError for
 *   another kind of input or a transferred buffer, WorkerError if the worker died, and what `decodeImage`
 *   throws
 */
export function toRGB(input: ImageInput, options: InputOptions = {}): Promise<RGBImage> {
  return process(input, undefined, options)
}

/**
 * The same as a model takes it, by `preprocess`: of a large image nothing comes back but that.
 * @returns `[height, width, channels]`
 */
export function toPixels(
  input: ImageInput,
  recipe: RecipeName | Recipe,
  size: TargetSize,
  options: InputOptions = {},
  channels: Channels = 3,
): Promise<Float32Array> {
  return process(input, { recipe, size, channels }, options)
}

async function process<F extends Fit | undefined>(
  input: ImageInput,
  fit: F,
  { maxBytes, maxPixels, orientation, decoder, decoders, signal }: InputOptions,
): Promise<Result<F>> {
  signal?.throwIfAborted()
  const options = { maxPixels, orientation, decoder }
  const kind = platform.pictures?.kind(input)
  if (kind !== undefined) {
    const image = await capture(input, kind, options, signal)
    return perform({ image, fit, ...options }, image.width * image.height, { own: true, signal })
  }
  if (isRaw(input)) {
    // Each property is read once, so that what is checked is what is used.
    const { width, height, data } = input
    if (ArrayBuffer.isView(data)) requireAttached(data, 'the image')
    countChannels({ width, height, data })
    checkPixels(width, height, maxPixels)
    const job = { image: { width, height, data }, fit, ...options }
    return whileAttached(data, signal, () =>
      perform(job, width * height, { own: false, decoders, signal }),
    )
  }
  const { bytes, own } = await readImage(input as Exclude<typeof input, PageImage>, {
    maxBytes,
    signal,
  })
  signal?.throwIfAborted()
  return whileAttached(bytes, signal, async () => {
    const { width, height } = await checkHeader(bytes, maxPixels)
    return perform({ image: bytes, fit, ...options }, width * height, { own, decoders, signal })
  })
}

/** A copy of what a page shows. */
async function capture(
  input: ImageInput,
  kind: string,
  { maxPixels, orientation }: DecodeOptions,
  signal: AbortSignal | undefined,
): Promise<ImageBitmap> {
  if (orientation === false && kind === '<img>') {
    throw new ArgumentError(
      'An <img> is read as the page shows it, turned upright; for orientation: false pass its URL or its file.',
    )
  }
  const picture = await platform.pictures!.open(input)
  signal?.throwIfAborted()
  const { width, height } = await picture.ready(signal)
  checkPixels(width, height, maxPixels)
  const bitmap = await picture.capture()
  signal?.throwIfAborted()
  checkPixels(bitmap.width, bitmap.height, maxPixels)
  return bitmap
}

/** Decoders throw various errors if the buffer is transferred during decoding; this reports the cause. */
async function whileAttached<T>(
  bytes: Uint8Array | Uint8ClampedArray,
  signal: AbortSignal | undefined,
  decode: () => Promise<T>,
): Promise<T> {
  try {
    requireAttached(bytes, 'the image')
    return await decode()
  } catch (error) {
    if (!signal?.aborted) requireAttached(bytes, 'the image')
    throw error
  }
}

function isRaw(input: ImageInput): input is RawImage {
  return typeof input === 'object' && input !== null && 'width' in input && 'data' in input
}
