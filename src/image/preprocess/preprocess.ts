import type { Channels, RGBImage } from '../image.ts'
import { fitPixels, fitValues, type Resize, type TargetSize } from './fit.ts'
import { resizePillow } from './pillow-resize.ts'
import type { Recipe, RecipeName } from './recipes.ts'
import { recipeOf, resolveRecipe } from './resolve-recipe.ts'
import { resizeTensorFlow } from './tensorflow-resize.ts'

/**
 * Preprocesses an image for a model at once, with whatever recipe; models do the same step by step, with the parts
 * that their recipe needs (worker/job.ts).
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
  return fitPixels(image, row, resizeBy(row), size, channels)
}

/**
 * The first half of `preprocess`, resizing and cropping without normalisation: what the model sees, as an image.
 * For TensorFlow's filter the floats are rounded to 8 bits.
 */
export function fitImage(image: RGBImage, recipe: RecipeName | Recipe, size: TargetSize): RGBImage {
  const row = resolveRecipe(recipe)
  const values = fitValues(image, row, resizeBy(row), size)
  const data = values instanceof Uint8Array ? values : Uint8Array.from(values, Math.round)
  return { width: size[1], height: size[0], data }
}

function resizeBy({ filter }: Recipe): Resize {
  if (filter === 'tensorflow-bilinear') return resizeTensorFlow
  return (image, size, window) => resizePillow(image, size, filter, window).data
}
