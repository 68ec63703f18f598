import { ArgumentError } from '../../errors.ts'
import type { Channels, RGBImage } from '../image.ts'
import { countChannels, greyOf } from '../rgba.ts'
import { type Geometry, geometry, roundHalfEven } from './geometry.ts'
import { normalize } from './normalize.ts'
import { resizePillow } from './pillow-resize.ts'
import type { Recipe, RecipeName } from './recipes.ts'
import { checkSide, recipeOf, resolveRecipe } from './resolve-recipe.ts'
import { resizeTensorFlow } from './tensorflow-resize.ts'

/** The input size of a model in pixels, `[height, width]`. */
export type TargetSize = readonly [height: number, width: number]

/**
 * Preprocesses an image for a model.
 *
 * @param recipe a name from `RECIPES`, or a recipe of your own
 * @param channels 1 for a model of grey pictures, as Pillow's `convert('L')` makes them
 * @returns NHWC pixels of one image, `[height, width, channels]`, normalised
 * @throws ArgumentError for an unknown recipe, a broken one, one of more channels, or an impossible size
 */
export function preprocess(
  image: RGBImage,
  recipe: RecipeName | Recipe,
  size: TargetSize,
  channels: Channels = 3,
): Float32Array {
  const row = recipeOf(recipe, channels)
  if (channels === 3) return normalize(fitValues(image, row, size), row, 3)
  // Filters treat each channel alike, so one of three equal ones is what the one alone would be.
  const grey = fitValues({ ...image, data: greyOf(image.data) }, row, size)
  return normalize(firstChannel(grey), row, 1)
}

/** `[pixels, 3]` to `[pixels, 1]` */
const firstChannel = (values: Uint8Array | Float32Array) =>
  values.filter((_, i) => i % 3 === 0) as Uint8Array | Float32Array

/**
 * The first half of `preprocess`, resizing and cropping without normalisation: what the model sees, as an image.
 * For TensorFlow's filter the floats are rounded to 8 bits.
 */
export function fitImage(image: RGBImage, recipe: RecipeName | Recipe, size: TargetSize): RGBImage {
  const values = fitValues(image, resolveRecipe(recipe), size)
  const data = values instanceof Uint8Array ? values : Uint8Array.from(values, Math.round)
  return { width: size[1], height: size[0], data }
}

/** `[height, width, 3]` values from 0 to 255: bytes for Pillow's filters, floats for TensorFlow's. */
function fitValues(image: RGBImage, recipe: Recipe, size: TargetSize): Uint8Array | Float32Array {
  checkSide(size[0], 'The height of the model input')
  checkSide(size[1], 'The width of the model input')
  if (countChannels(image) !== 3) {
    throw new ArgumentError(
      'Preprocessing takes RGB pixels, and these are grey or RGBA; see toRGB.',
    )
  }
  const plan = geometry(recipe, [image.height, image.width], size)
  const values =
    recipe.filter === 'tensorflow-bilinear'
      ? resizeTensorFlow(image, plan.resized, plan.window)
      : resizePillow(image, plan.resized, recipe.filter, plan.window).data
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
