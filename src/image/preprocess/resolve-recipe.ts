import { ArgumentError } from '../../errors.ts'
import {
  checkField,
  type Field,
  type Fields,
  isArrayOf,
  oneOf,
  readRecord,
  show,
} from '../../fields.ts'
import { PILLOW_FILTERS } from './pillow-resize.ts'
import { RECIPES, type Recipe, type RecipeName } from './recipes.ts'

/** More than any model takes; a typo must not allocate gigabytes. */
export const MAX_SIDE = 8192

/** Whether a value is a valid side of a model's input. */
export const isSide = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_SIDE

const side: Field = { wanted: `a whole number from 1 to ${MAX_SIDE}`, valid: isSide }

/** One number each for red, green and blue. */
const triple = (least: number, most: number, note: string): Field => ({
  wanted: `three numbers from ${least} to ${most}${note}`,
  valid: (values) =>
    isArrayOf(values, (one) => typeof one === 'number' && one >= least && one <= most) &&
    values.length === 3,
})

/** Below that, pixels divided by it would be too large for a model. */
const LEAST_STD = 1e-6

const isFraction = (value: unknown): boolean => typeof value === 'number' && value > 0 && value <= 1

export const recipeFields: Fields<Recipe> = {
  fit: oneOf('squash', 'shorter', 'longer', 'crop', 'none'),
  filter: oneOf('tensorflow-bilinear', ...PILLOW_FILTERS),
  cropFraction: {
    wanted: 'a number above 0, at most 1, or two such numbers, [vertical, horizontal]',
    valid: (value) => isFraction(value) || (isArrayOf(value, isFraction) && value.length === 2),
  },
  resizeTo: side,
  cropRounding: oneOf('even', 'floor'),
  // How large they may be depends on the factor; see checkScale.
  mean: triple(0, Number.MAX_VALUE, ''),
  std: triple(LEAST_STD, Number.MAX_VALUE, ''),
  rescale: oneOf('folded', 'divided', 'multiplied'),
  rescaleFactor: {
    wanted: 'a number above 0',
    valid: (value) => Number.isFinite(value) && Number(value) > 0,
  },
}

const optional: readonly string[] = ['resizeTo', 'rescaleFactor'] satisfies (keyof Recipe)[]

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
  return read as Recipe
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
  checkField('preprocess.mean', triple(0, most, note(0.485, 123.675)), mean)
  checkField('preprocess.std', triple(LEAST_STD, most, note(0.229, 58.395)), std)
}

/**
 * Overrides fields of a recipe.
 * @param given a recipe's name, which replaces all fields, or some fields
 * @throws ArgumentError as resolveRecipe
 */
export function completeRecipe(
  given: RecipeName | Partial<Recipe> | undefined,
  base: RecipeName | Recipe,
): RecipeName | Recipe {
  if (given === undefined) return base
  const recipe = resolveRecipe(
    typeof given === 'string' ? given : { ...resolveRecipe(base), ...given },
  )
  return typeof given === 'string' ? given : recipe
}

/** Throws `ArgumentError` for an invalid side. */
export function checkSide(value: number, what: string): void {
  if (isSide(value)) return
  throw new ArgumentError(`${what} must be ${side.wanted}, not ${show(value)}.`)
}
