import { checkPixels, type DecodeOptions, decodeImage, decodeRows } from '../decode.ts'
import type { Channels, RawImage, RGBImage } from '../image.ts'
import { type NewResizer, Preprocessor, storedUpright, type TargetSize } from '../preprocess/fit.ts'
import { RECIPES, type Recipe, type RecipeName } from '../preprocess/recipes.ts'
import { countChannels, dropAlpha, repeatGrey } from '../rgba.ts'
import { Turns } from '../turns.ts'
import { UprightImage } from '../upright.ts'

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
  const { image, fit, ...rest } = job
  const options = { ...rest, signal }
  return (await (fit ? toPixels(image, fit, options) : toRGB(image, options))) as Result<F>
}

/** An encoded picture is preprocessed while it is decoded: it may be much larger than what the model takes. */
async function toPixels(image: JobImage, fit: Fit, options: DecodeOptions): Promise<Float32Array> {
  const { size, channels } = fit
  const recipe = typeof fit.recipe === 'string' ? RECIPES[fit.recipe] : fit.recipe
  if (image instanceof Uint8Array) {
    const newResizer = await resizerOf(recipe)
    const preprocessor = await decodeRows(
      image,
      options,
      (width, height, orientation) =>
        new Preprocessor({ width, height, orientation }, recipe, newResizer, size, channels),
    )
    return preprocessor.finish()
  }
  const turns = new Turns(options.signal)
  const rgb = await toRGB(image, options)
  const newResizer = await resizerOf(recipe)
  await turns.take()
  const preprocessor = new Preprocessor(storedUpright(rgb), recipe, newResizer, size, channels)
  preprocessor.put(0, rgb.data)
  return preprocessor.finish()
}

/** A model has one recipe, so the code of one filter is enough. */
async function resizerOf({ filter }: Recipe): Promise<NewResizer> {
  if (filter === 'tensorflow-bilinear' || filter === 'tensorflow-bilinear-u8') {
    const resize = await import('../preprocess/tensorflow-resize.ts')
    return resize.tensorFlowResizers[filter]
  }
  if (filter === 'torch-bilinear') {
    return (await import('../preprocess/torch-resize.ts')).torchResizer
  }
  const { pillowResizer } = await import('../preprocess/pillow-resize.ts')
  return (stored, size, window) => pillowResizer(stored, size, filter, window)
}

function toRGB(image: JobImage, options: DecodeOptions): RGBImage | Promise<RGBImage> {
  if (image instanceof Uint8Array) return decodeImage(image, options)
  return isBitmap(image) ? fromBitmap(image, options) : fromRaw(image, options.maxPixels)
}

async function fromBitmap(bitmap: ImageBitmap, { signal }: DecodeOptions): Promise<RGBImage> {
  try {
    const { readBitmap } = await import('../browser/decode.ts')
    const { width, height } = bitmap
    const image = await readBitmap(bitmap, new UprightImage(width, height, 1), new Turns(signal))
    // A plain object, since a message to another thread has no fields of a class.
    return { width, height, data: image.data }
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
