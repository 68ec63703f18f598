import type { Channels, RGBImage } from '../image.ts'
import { Fitting, type NewResizer, Preprocessor, storedUpright, type TargetSize } from './fit.ts'
import { pillowResizer } from './pillow-resize.ts'
import type { Recipe, RecipeName } from './recipes.ts'
import { recipeOf, resolveRecipe } from './resolve-recipe.ts'
import { tensorFlowResizers } from './tensorflow-resize.ts'
import { torchResizer } from './torch-resize.ts'

/**
 * Preprocesses an image for a model at once, by any recipe; models do it while they decode, with the filter of theirs.
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
  const stored = storedUpright(image)
  const preprocessor = new Preprocessor(stored, row, resizerOf(row), size, channels)
  preprocessor.put(0, image.data)
  return preprocessor.finish()
}

/**
 * The first half of `preprocess`, resizing and cropping without normalisation: what the model sees, as an image.
 * For TensorFlow's and torch's filters the floats are rounded to 8 bits.
 */
export function fitImage(image: RGBImage, recipe: RecipeName | Recipe, size: TargetSize): RGBImage {
  const row = resolveRecipe(recipe)
  const fitting = new Fitting(storedUpright(image), row, resizerOf(row), size)
  fitting.put(0, image.data)
  const values = fitting.finish()
  const data = values instanceof Uint8Array ? values : Uint8Array.from(values, Math.round)
  return { width: size[1], height: size[0], data }
}

/** What resizes by a recipe. */
export function resizerOf({ filter }: Recipe): NewResizer {
  if (filter === 'tensorflow-bilinear' || filter === 'tensorflow-bilinear-u8') {
    return tensorFlowResizers[filter]
  }
  if (filter === 'torch-bilinear') return torchResizer
  return (stored, size, window) => pillowResizer(stored, size, filter, window)
}
