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

/** Far more than any model takes; keeps a slip of the pen from asking for gigabytes. */
export const MAX_SIDE = 8192

/** Whether this is a side that a model's input may have. */
export const isSide = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_SIDE

const side: Field = { wanted: `a whole number from 1 to ${MAX_SIDE}`, valid: isSide }

/** One number each for red, green and blue, of values from 0 to 1. */
const triple = (least: number, note: string): Field => ({
  wanted: `three numbers from ${least} to 1, ${note}`,
  valid: (values) =>
    isArrayOf(values, (one) => typeof one === 'number' && one >= least && one <= 1) &&
    values.length === 3,
})

export const recipeFields: Fields<Recipe> = {
  fit: oneOf('squash', 'shorter', 'longer'),
  filter: oneOf('tensorflow-bilinear', ...PILLOW_FILTERS),
  cropFraction: {
    wanted: 'a number above 0, at most 1',
    valid: (value) => typeof value === 'number' && value > 0 && value <= 1,
  },
  resizeTo: side,
  cropRounding: oneOf('even', 'floor'),
  mean: triple(0, 'as pixels from 0 to 1 have it: 0.485, not 123.675'),
  // Below that, pixels divided by it would be too large for a model.
  std: triple(1e-6, 'as pixels from 0 to 1 have it: 0.229, not 58.395'),
  rescale: oneOf('folded', 'divided', 'multiplied'),
}

const optional: readonly string[] = ['resizeTo'] satisfies (keyof Recipe)[]

/**
 * Looks a recipe up by name, or checks the caller's own, of which it gives a copy.
 * @throws ArgumentError for names that are not known, and for fields that are missing, unknown or wrong
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
  if (!missing) return read as Recipe
  throw new ArgumentError(`A recipe needs ${missing[0]}, which is ${missing[1].wanted}.`)
}

/** Throws `ArgumentError` for a side that no model input has. */
export function checkSide(value: number, what: string): void {
  if (isSide(value)) return
  throw new ArgumentError(`${what} must be ${side.wanted}, not ${show(value)}.`)
}
