import type { ErrorMessage } from '../../error-message.ts'
import { checkPixels, type DecodeOptions, decodeImage } from '../decode.ts'
import type { Channels, RawImage, RGBImage } from '../image.ts'
import { fitPixels, type Resize, type TargetSize } from '../preprocess/fit.ts'
import { RECIPES, type Recipe, type RecipeName } from '../preprocess/recipes.ts'
import { countChannels, dropAlpha, repeatGrey } from '../rgba.ts'
import { Turns } from '../turns.ts'

/** A decoding job, for this thread or a worker; it can be cloned. */
export interface Job<F extends Fit | undefined = Fit | undefined>
  extends Omit<DecodeOptions, 'signal'> {
  readonly image: JobImage
  readonly fit: F
}

/** An encoded image, pixels, or a bitmap, which the job closes. */
export type JobImage = Uint8Array | RawImage | ImageBitmap

export const isBitmap = (image: JobImage): image is ImageBitmap => 'close' in image

/** How to preprocess the image; without it, the result is the image. */
export interface Fit {
  /** As `completeRecipe` gives it. */
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
  const rgb = await toRGB(image, { ...options, ...(signal && { signal }) })
  return (fit ? await fitted(rgb, fit) : rgb) as Result<F>
}

async function fitted(image: RGBImage, { recipe: given, size, channels }: Fit) {
  const recipe = typeof given === 'string' ? RECIPES[given] : given
  return fitPixels(image, recipe, await resizerOf(recipe), size, channels)
}

/** A model has one recipe, so the code of one filter is enough. */
async function resizerOf({ filter }: Recipe): Promise<Resize> {
  if (filter === 'tensorflow-bilinear') {
    return (await import('../preprocess/tensorflow-resize.ts')).resizeTensorFlow
  }
  const { resizePillow } = await import('../preprocess/pillow-resize.ts')
  return (image, size, window) => resizePillow(image, size, filter, window).data
}

function toRGB(image: JobImage, options: DecodeOptions): RGBImage | Promise<RGBImage> {
  if (image instanceof Uint8Array) return decodeImage(image, options)
  return isBitmap(image) ? fromBitmap(image, options) : fromRaw(image, options.maxPixels)
}

async function fromBitmap(bitmap: ImageBitmap, { signal }: DecodeOptions): Promise<RGBImage> {
  try {
    const { readBitmap } = await import('../browser/decode.ts')
    return await readBitmap(bitmap, 1, new Turns(signal))
  } finally {
    bitmap.close()
  }
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
