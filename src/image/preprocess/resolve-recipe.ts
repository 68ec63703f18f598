import { ArgumentError } from '../../errors.ts'
import { PILLOW_FILTERS } from './pillow-resize.ts'
import { RECIPES, type Recipe, type RecipeName } from './recipes.ts'

/** Far more than any model takes; keeps a slip of the pen from asking for gigabytes. */
const MAX_SIDE = 8192

/** The values of a recipe that are words. */
const CHOICES = {
  fit: ['squash', 'shorter', 'longer'],
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
  const { cropFraction, resizeTo, mean, std } = recipe
  if (!(cropFraction > 0 && cropFraction <= 1)) {
    throw new ArgumentError(`A recipe's cropFraction is above 0, at most 1, not ${cropFraction}.`)
  }
  if (resizeTo !== undefined) checkSide(resizeTo, "A recipe's resizeTo")
  if (!isTriple(mean, Number.isFinite) || !isTriple(std, (value) => value > 0)) {
    throw new ArgumentError(
      `A recipe's mean and std are three numbers each, std above 0, not ${mean} and ${std}.`,
    )
  }
  return recipe
}

function isTriple(values: unknown, test: (value: number) => boolean): boolean {
  return Array.isArray(values) && values.length === 3 && values.every(test)
}

/** Throws `ArgumentError` for a side that no model input has. */
export function checkSide(side: number, what: string): void {
  if (Number.isInteger(side) && side >= 1 && side <= MAX_SIDE) return
  throw new ArgumentError(`${what} is a whole number from 1 to ${MAX_SIDE}, not ${side}.`)
}
