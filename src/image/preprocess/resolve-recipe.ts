import { checkField, readRecord } from '../../check-fields.ts'
import { ArgumentError } from '../../errors.ts'
import { type Field, type Fields, isArrayOf, oneOf } from '../../fields.ts'
import type { Channels } from '../image.ts'
import { PILLOW_FILTERS, RECIPES, type Recipe, type RecipeName } from './recipes.ts'
import { side } from './sides.ts'

/** One number each for red, green and blue, or one for all. */
const perChannel = (least: number, most: number, note: string): Field => ({
  wanted: `three numbers, or one, from ${least} to ${most}${note}`,
  valid: (values) =>
    isArrayOf(values, (one) => typeof one === 'number' && one >= least && one <= most) &&
    (values.length === 3 || values.length === 1),
})

/** Below that, pixels divided by it would be too large for a model. */
const LEAST_STD = 1e-6

/** Attention over more than that takes gigabytes. */
export const MOST_PATCHES = 16384

const isFraction = (value: unknown): boolean => typeof value === 'number' && value > 0 && value <= 1

export const recipeFields: Fields<Recipe> = {
  fit: oneOf('squash', 'shorter', 'longer', 'patches', 'crop', 'none'),
  filter: oneOf(
    'tensorflow-bilinear',
    'tensorflow-bilinear-u8',
    'torch-bilinear',
    ...PILLOW_FILTERS,
  ),
  cropFraction: {
    wanted: 'a number above 0, at most 1, or two such numbers, [vertical, horizontal]',
    valid: (value) => isFraction(value) || (isArrayOf(value, isFraction) && value.length === 2),
  },
  resizeTo: side,
  maxPatches: {
    wanted: `a whole number from 1 to ${MOST_PATCHES}`,
    valid: (value) =>
      Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MOST_PATCHES,
  },
  cropRounding: oneOf('even', 'floor'),
  // How large they may be depends on the factor; see checkScale.
  mean: perChannel(0, Number.MAX_VALUE, ''),
  std: perChannel(LEAST_STD, Number.MAX_VALUE, ''),
  rescale: oneOf('folded', 'divided', 'multiplied'),
  rescaleFactor: {
    wanted: 'a number above 0',
    valid: (value) => Number.isFinite(value) && Number(value) > 0,
  },
}

const optional: readonly string[] = [
  'resizeTo',
  'maxPatches',
  'rescaleFactor',
] satisfies (keyof Recipe)[]

/**
 * Looks up a recipe by name, or validates and copies the caller's.
 * @throws ArgumentError for unknown names, and for missing, unknown or invalid fields
 */
export function resolveRecipe(recipe: RecipeName | Recipe): Recipe {
  if (typeof recipe === 'string') {
    checkField('preprocess', oneOf(...Object.keys(RECIPES)), recipe)
    return RECIPES[recipe]
  }
  const read = readRecord<Recipe>('preprocess', recipeFields, recipe)
  const missing = Object.entries(recipeFields).find(
    ([name]) => !Object.hasOwn(read, name) && !optional.includes(name),
  )
  if (missing) {
    throw new ArgumentError(`A recipe needs ${missing[0]}, which is ${missing[1].wanted}.`)
  }
  checkScale(read as Recipe)
  checkPatches(read as Recipe)
  return read as Recipe
}

/** Whole patches leave nothing to crop. */
function checkPatches({ fit, maxPatches, resizeTo, cropFraction }: Recipe): void {
  if (fit !== 'patches') {
    if (maxPatches === undefined) return
    throw new ArgumentError(`preprocess.maxPatches goes with the fit 'patches', not with '${fit}'.`)
  }
  if (maxPatches === undefined) {
    throw new ArgumentError("The fit 'patches' needs maxPatches, the most patches of an image.")
  }
  if (resizeTo === undefined && [cropFraction].flat().every((fraction) => fraction === 1)) return
  throw new ArgumentError(
    "The fit 'patches' crops nothing: leave out resizeTo, and let cropFraction be 1.",
  )
}

/** Mean and standard deviation apply to rescaled values, mostly from 0 to 1. */
function checkScale({ rescale, rescaleFactor, mean, std }: Recipe): void {
  if (rescaleFactor !== undefined && rescale !== 'multiplied') {
    throw new ArgumentError(
      `preprocess.rescaleFactor goes with the rescale 'multiplied', not with '${rescale}'.`,
    )
  }
  const most = Math.max(1, 255 * (rescaleFactor ?? 1 / 255))
  const note = (good: number, bad: number) =>
    most > 1
      ? ', as rescaled pixels have it'
      : `, as pixels from 0 to 1 have it: ${good}, not ${bad}`
  checkField('preprocess.mean', perChannel(0, most, note(0.485, 123.675)), mean)
  checkField('preprocess.std', perChannel(LEAST_STD, most, note(0.229, 58.395)), std)
}

/**
 * A recipe, some fields of which are given and the rest are those of another one.
 * @param given a recipe's name, which leaves nothing of the other, or fields
 * @param channels of the model; 3 unless given
 * @param isAnySize whether the model takes images of any size
 * @throws ArgumentError as recipeOf, and for the fit `patches` where a model's images have one size
 */
export function completeRecipe(
  given: RecipeName | Partial<Recipe> | undefined,
  base: RecipeName | Recipe,
  channels: Channels = 3,
  isAnySize = false,
): RecipeName | Recipe {
  const named = given ?? base
  const whole = typeof given === 'object' ? { ...otherFields(base, given), ...given } : named
  const recipe = recipeOf(whole as RecipeName | Recipe, channels)
  if (recipe.fit === 'patches' && !isAnySize) {
    throw new ArgumentError(
      "The fit 'patches' is for models that take images of any aspect ratio (SigLIP 2 NaFlex), and the images of this one have one size: pass another preprocess, such as 'siglip'.",
    )
  }
  return typeof named === 'string' ? named : recipe
}

/** What another fit has no use for is left out. */
function otherFields(base: RecipeName | Recipe, { fit }: Partial<Recipe>): Partial<Recipe> {
  const recipe = resolveRecipe(base)
  if (fit === undefined || fit === recipe.fit) return recipe
  const { maxPatches: _, ...others } = recipe
  return others
}

/**
 * A recipe for a model of so many channels.
 * @throws ArgumentError as resolveRecipe, and for three different numbers where there is one channel
 */
export function recipeOf(recipe: RecipeName | Recipe, channels: Channels): Recipe {
  const row = resolveRecipe(recipe)
  if (channels === 3) return row
  for (const name of ['mean', 'std'] as const) {
    if (row[name].every((value) => value === row[name][0])) continue
    throw new ArgumentError(
      `The model takes grey pictures, and preprocess.${name} has three different numbers (${row[name].join(', ')}); pass one: preprocess: { ${name}: [0.5] }, --${name} 0.5.`,
    )
  }
  return row
}
