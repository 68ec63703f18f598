import type { ErrorMessage } from '../../error-message.ts'
import type { AugmentOptions } from '../augment/augment.ts'
import { checkPixels, type DecodeOptions, decodeImage, decodeRows } from '../decode.ts'
import type { Channels, RawImage, RGBImage } from '../image.ts'
import { type NewResizer, Preprocessor, storedUpright, type TargetSize } from '../preprocess/fit.ts'
import { RECIPES, type Recipe, type RecipeName } from '../preprocess/recipes.ts'
import { countChannels, dropAlpha, repeatGrey } from '../rgba.ts'
import { Turns } from '../turns.ts'
import { UprightImage } from '../upright.ts'

/** A decoding job, for this thread or a worker; it can be cloned. */
export interface Job<F extends Use | undefined = Use | undefined>
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

/** How to change the image at random for training. */
export interface Draw extends AugmentOptions {
  /** What the random words follow from; see `drawsOf`. */
  readonly words: readonly [seed: number, epoch: number, index: number]
  /** Whether the decoded image is a result too. */
  readonly keeps: boolean
}

/** A picture as a model takes it in training. */
export interface DrawnImage {
  /** `[height, width, channels]`, normalised */
  readonly pixels: Float32Array
  /** The decoded image, if it is kept. */
  readonly image: RGBImage | undefined
}

/** What an image is made into. */
export type Use = Fit | Draw

/** The picture, or `[height, width, channels]` as a model takes it. */
export type Result<F extends Use | undefined> = F extends Fit
  ? Float32Array
  : F extends Draw
    ? DrawnImage
    : RGBImage

const isDraw = (use: Use): use is Draw => 'words' in use

/** Runs a job on this thread. */
export async function runJob<F extends Use | undefined>(
  job: Job<F>,
  signal?: AbortSignal,
): Promise<Result<F>> {
  const { image, fit, ...rest } = job
  const options = { ...rest, ...(signal && { signal }) }
  return (await run(image, fit, options)) as Result<F>
}

async function run(image: JobImage, use: Use | undefined, options: DecodeOptions) {
  if (!use) return toRGB(image, options)
  if (!isDraw(use)) return toPixels(image, use, options)
  const [{ augmentImage }, { drawsOf }, rgb] = await Promise.all([
    import('../augment/augment.ts'),
    import('../augment/draws.ts'),
    toRGB(image, options),
  ])
  const pixels = augmentImage(rgb, use, drawsOf(...use.words))
  return { pixels, image: use.keeps ? rgb : undefined }
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

/** What a result can be transferred with. */
export function buffersOf(result: RGBImage | Float32Array | DrawnImage): ArrayBufferLike[] {
  if (result instanceof Float32Array) return [result.buffer]
  if ('data' in result) return [result.data.buffer]
  const { pixels, image } = result
  return image ? [pixels.buffer, image.data.buffer] : [pixels.buffer]
}

/** Messages of the worker: `ready` once, then the result of each job. */
export type Report =
  | { readonly tell: 'ready' }
  | { readonly tell: 'done'; readonly result: RGBImage | Float32Array | DrawnImage }
  | { readonly tell: 'failed'; readonly error: ErrorMessage }
