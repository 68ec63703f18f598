import { ArgumentError } from '../../errors.ts'
import type { Channels, RGBImage } from '../image.ts'
import { countChannels, greyOf } from '../rgba.ts'
import { type Geometry, geometry, roundHalfEven } from './geometry.ts'
import { normalize } from './normalize.ts'
import type { Recipe } from './recipes.ts'
import type { Region } from './region.ts'
import { checkSide } from './sides.ts'

/** The input size of a model in pixels, `[height, width]`. */
export type TargetSize = readonly [height: number, width: number]

/**
 * Computes a part of a resized image.
 * @param size of the whole result
 * @returns `[window.height, window.width, 3]` values from 0 to 255
 */
export type Resize = (
  image: RGBImage,
  size: TargetSize,
  window: Region,
) => Uint8Array | Float32Array

/**
 * Makes of an image what a model takes.
 * @param recipe a complete one, for a model of so many channels
 * @param resize with the recipe's filter
 * @param channels 1 for a model of grey pictures, as Pillow's `convert('L')` makes them
 * @returns NHWC pixels of one image, `[height, width, channels]`, normalised
 */
export function fitPixels(
  image: RGBImage,
  recipe: Recipe,
  resize: Resize,
  size: TargetSize,
  channels: Channels,
): Float32Array {
  if (channels === 3) return normalize(fitValues(image, recipe, resize, size), recipe, 3)
  // Filters treat each channel alike, so one of three equal ones is what the one alone would be.
  const grey = fitValues({ ...image, data: greyOf(image.data) }, recipe, resize, size)
  return normalize(firstChannel(grey), recipe, 1)
}

/** `[pixels, 3]` to `[pixels, 1]` */
const firstChannel = (values: Uint8Array | Float32Array) =>
  values.filter((_, i) => i % 3 === 0) as Uint8Array | Float32Array

/** `[height, width, 3]` values from 0 to 255: bytes for Pillow's filters, floats for TensorFlow's. */
export function fitValues(
  image: RGBImage,
  recipe: Recipe,
  resize: Resize,
  size: TargetSize,
): Uint8Array | Float32Array {
  checkSide(size[0], 'The height of the model input')
  checkSide(size[1], 'The width of the model input')
  if (countChannels(image) !== 3) {
    throw new ArgumentError(
      'Preprocessing takes RGB pixels, and these are grey or RGBA; see toRGB.',
    )
  }
  const plan = geometry(recipe, [image.height, image.width], size)
  const values = resize(image, plan.resized, plan.window)
  const whole = plan.window.height === size[0] && plan.window.width === size[1]
  return whole ? values : pad(values, plan, recipe, size)
}

/** Pads a smaller image with the recipe's mean colour, rounded to 8 bits as in timm. */
function pad(
  values: Uint8Array | Float32Array,
  { window, at }: Geometry,
  { mean }: Recipe,
  [height, width]: TargetSize,
): Uint8Array | Float32Array {
  const length = height * width * 3
  const out = values instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length)
  const ground = mean.map((level) => roundHalfEven(255 * level))
  for (let i = 0; i < length; i++) out[i] = ground[i % ground.length]!
  const row = window.width * 3
  for (let y = 0; y < window.height; y++) {
    out.set(values.subarray(y * row, (y + 1) * row), 3 * ((at.top + y) * width + at.left))
  }
  return out
}
