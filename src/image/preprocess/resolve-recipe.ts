import { ArgumentError } from '../../errors.ts'
import { PILLOW_FILTERS } from './pillow-resize.ts'
import { RECIPES, type Recipe, type RecipeName } from './recipes.ts'

/** Far more than any model takes; keeps a slip of the pen from asking for gigabytes. */
const MAX_SIDE = 8192

/** The values of a recipe that are words. */
const CHOICES = {
  fit: ['squash', 'shorter', 'longer', 'crop', 'none'],
  filter: ['tensorflow-bilinear', ...PILLOW_FILTERS],
  cropRounding: ['even', 'floor'],
  rescale: ['folded', 'divided', 'multiplied'],
} satisfies { [Key in keyof Recipe]?: readonly Recipe[Key][] }

/** Looks a recipe up by name, or checks the caller's own; throws `ArgumentError`. */
export function resolveRecipe(recipe: RecipeName | Recipe): Recipe {
  if (typeof recipe === 'string') {
    if (Object.hasOwn(RECIPES, recipe)) return RECIPES[recipe]
    throw new ArgumentError(
      `There is no preprocessing recipe ${JSON.stringify(recipe)}; ` +
        `there are ${Object.keys(RECIPES).join(', ')}.`,
    )
  }
  for (const [key, choices] of Object.entries(CHOICES)) {
    const value = recipe[key as keyof typeof CHOICES]
    if (!(choices as readonly string[]).includes(value)) {
      throw new ArgumentError(`A recipe's ${key} is one of ${choices.join(', ')}, not ${value}.`)
    }
  }
  const { cropFraction, resizeTo, rescale, rescaleFactor, mean, std } = recipe
  const isFraction = (value: unknown) => typeof value === 'number' && value > 0 && value <= 1
  const isPair = Array.isArray(cropFraction) && cropFraction.length === 2
  if (!(isPair ? cropFraction.every(isFraction) : isFraction(cropFraction))) {
    throw new ArgumentError(
      `A recipe's cropFraction is above 0, at most 1, or two such numbers, not ${cropFraction}.`,
    )
  }
  if (rescaleFactor !== undefined && !(rescale === 'multiplied' && rescaleFactor > 0)) {
    throw new ArgumentError(
      `A recipe's rescaleFactor is above 0 and goes with the rescale 'multiplied', not ${rescaleFactor} with ${rescale}.`,
    )
  }
  if (resizeTo !== undefined) checkSide(resizeTo, "A recipe's resizeTo")
  if (!isTriple(mean, Number.isFinite) || !isTriple(std, (value) => value > 0)) {
    throw new ArgumentError(
      `A recipe's mean and std are three numbers each, std above 0, not ${mean} and ${std}.`,
    )
  }
  return recipe
}

/**
 * A recipe, some fields of which are given and the rest are those of another one.
 * @param given a recipe's name, which leaves nothing of the other, or fields
 * @throws ArgumentError as resolveRecipe
 */
export function completeRecipe(
  given: RecipeName | Partial<Recipe> | undefined,
  base: RecipeName | Recipe,
): RecipeName | Recipe {
  if (given === undefined) return base
  if (typeof given === 'object') return resolveRecipe({ ...resolveRecipe(base), ...given })
  resolveRecipe(given)
  return given
}

function isTriple(values: unknown, test: (value: number) => boolean): boolean {
  return Array.isArray(values) && values.length === 3 && values.every(test)
}

/** Throws `ArgumentError` for a side that no model input has. */
export function checkSide(side: number, what: string): void {
  if (Number.isInteger(side) && side >= 1 && side <= MAX_SIDE) return
  throw new ArgumentError(`${what} is a whole number from 1 to ${MAX_SIDE}, not ${side}.`)
}
