import type { ErrorMessage } from '../../error-message.ts'
import { checkPixels, type DecodeOptions, decodeImage } from '../decode.ts'
import type { Channels, RawImage, RGBImage } from '../image.ts'
import { preprocess, type TargetSize } from '../preprocess/preprocess.ts'
import type { Recipe, RecipeName } from '../preprocess/recipes.ts'
import { countChannels, dropAlpha, repeatGrey } from '../rgba.ts'

/** A decoding job, for this thread or a worker; it can be cloned. */
export interface Job<F extends Fit | undefined = Fit | undefined>
  extends Omit<DecodeOptions, 'signal'> {
  /** An encoded image, or pixels. */
  readonly image: Uint8Array | RawImage
  readonly fit: F
}

/** How to preprocess the image; without it, the result is the image. */
export interface Fit {
  readonly recipe: RecipeName | Recipe
  readonly size: TargetSize
  readonly channels: Channels
}

/** The picture, or `[height, width, channels]` as a model takes it. */
export type Result<F extends Fit | undefined> = F extends Fit ? Float32Array : RGBImage

/** Runs a job on this thread. */
export async function runJob<F extends Fit | undefined>(
  job: Job<F>,
  signal?: AbortSignal,
): Promise<Result<F>> {
  const { image, fit, ...options } = job
  const rgb =
    image instanceof Uint8Array
      ? await decodeImage(image, { ...options, ...(signal && { signal }) })
      : fromRaw(image, options.maxPixels)
  const result = fit ? preprocess(rgb, fit.recipe, fit.size, fit.channels) : rgb
  return result as Result<F>
}

function fromRaw(image: RawImage, maxPixels?: number): RGBImage {
  const { width, height, data } = image
  const channels = countChannels(image)
  checkPixels(width, height, maxPixels)
  if (channels === 1) return { width, height, data: repeatGrey(data) }
  return { width, height, data: channels === 4 ? dropAlpha(data) : new Uint8Array(data) }
}

/** Messages of the worker: `ready` once, then the result of each job. */
export type Report =
  | { readonly tell: 'ready' }
  | { readonly tell: 'done'; readonly result: RGBImage | Float32Array }
  | { readonly tell: 'failed'; readonly error: ErrorMessage }
