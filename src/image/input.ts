import { checkHeader, checkPixels, type DecodeOptions } from './decode.ts'
import type { ImageInput, RawImage, RGBImage } from './image.ts'
import type { TargetSize } from './preprocess/preprocess.ts'
import type { Recipe, RecipeName } from './preprocess/recipes.ts'
import { type ReadOptions, readImage } from './read.ts'
import { countChannels } from './rgba.ts'
import type { Fit, Result } from './worker/job.ts'
import { perform } from './worker/pool.ts'

export interface InputOptions extends DecodeOptions, ReadOptions {}

/**
 * Reads whatever names or holds an image, as 8-bit RGB. Large images are decoded in a worker, where there
 * are any.
 *
 * @param input a path; a URL (`https:`, `data:`, `blob:`, or `file:` where there are files) as a
 *   string or `URL`; a `Blob`, `ArrayBuffer` or `Uint8Array` with an encoded image; or raw pixels
 *   with width and height (`ImageData` is one), their alpha ignored
 * @throws SourceError when the bytes can't be had, LimitError when there are too many bytes or
 *   pixels, ArgumentError when `input` is none of these, what `decodeImage` throws, and WorkerError
 *   where the worker died
 */
export function toRGB(input: ImageInput, options: InputOptions = {}): Promise<RGBImage> {
  return process(input, undefined, options)
}

/**
 * The same as a model takes it, by `preprocess`: of a large image nothing comes back but that.
 * @returns `[height, width, 3]`
 */
export function toPixels(
  input: ImageInput,
  recipe: RecipeName | Recipe,
  size: TargetSize,
  options: InputOptions = {},
): Promise<Float32Array> {
  return process(input, { recipe, size }, options)
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
    const { width, height, data } = input
    countChannels(input)
    checkPixels(width, height, maxPixels)
    const job = { image: { width, height, data }, fit, ...options }
    return perform(job, width * height, false, signal)
  }
  const { bytes, own } = await readImage(input, {
    ...(maxBytes !== undefined && { maxBytes }),
    ...(signal && { signal }),
  })
  signal?.throwIfAborted()
  const { width, height } = checkHeader(bytes, maxPixels)
  return perform({ image: bytes, fit, ...options }, width * height, own, signal)
}

function isRaw(input: ImageInput): input is RawImage {
  return typeof input === 'object' && input !== null && 'width' in input && 'data' in input
}
