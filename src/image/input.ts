import { requireAttached } from '../bytes/detached.ts'
import { checkHeader, checkPixels, type DecodeOptions } from './decode.ts'
import type { Channels, ImageInput, RawImage, RGBImage } from './image.ts'
import type { TargetSize } from './preprocess/fit.ts'
import type { Recipe, RecipeName } from './preprocess/recipes.ts'
import { type ReadOptions, readImage } from './read.ts'
import { countChannels } from './rgba.ts'
import type { Fit, Result } from './worker/job.ts'
import { perform } from './worker/pool.ts'

export interface InputOptions extends DecodeOptions, ReadOptions {}

/**
 * Reads an image input as 8-bit RGB. Large images are decoded in a worker, if the runtime has workers.
 *
 * @param input a path; a URL (`https:`, `data:`, `blob:`, or `file:` where there is a file system) as a
 *   string or `URL`; a `Blob`, `ArrayBuffer` or `Uint8Array` with an encoded image; or raw pixels
 *   with width and height (`ImageData` is one), their alpha ignored
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
  { maxBytes, maxPixels, orientation, signal }: InputOptions,
): Promise<Result<F>> {
  signal?.throwIfAborted()
  const options = {
    ...(maxPixels !== undefined && { maxPixels }),
    ...(orientation !== undefined && { orientation }),
  }
  if (isRaw(input)) {
    // Each property is read once, so that what is checked is what is used.
    const { width, height, data } = input
    if (ArrayBuffer.isView(data)) requireAttached(data, 'the image')
    countChannels({ width, height, data })
    checkPixels(width, height, maxPixels)
    const job = { image: { width, height, data }, fit, ...options }
    return whileAttached(data, signal, () => perform(job, width * height, false, signal))
  }
  const { bytes, own } = await readImage(input, {
    ...(maxBytes !== undefined && { maxBytes }),
    ...(signal && { signal }),
  })
  signal?.throwIfAborted()
  return whileAttached(bytes, signal, () => {
    const { width, height } = checkHeader(bytes, maxPixels)
    return perform({ image: bytes, fit, ...options }, width * height, own, signal)
  })
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
