import { type Command, InvalidArgumentError, Option } from 'commander'
import { RECIPES, type Recipe, type RecipeName } from '../../image/preprocess/recipes.ts'
import { MOST_PATCHES } from '../../image/preprocess/resolve-recipe.ts'
import { parseCount, parseNumber } from './values.ts'

type Channels = readonly [number, number, number]

/** The flags of preprocessing. */
export interface RecipeFlags {
  preprocess?: RecipeName
  mean?: Channels
  std?: Channels
  crop?: number
  maxPatches?: number
}

export function withRecipeOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--preprocess <name>', 'the preprocessing recipe').choices(Object.keys(RECIPES)),
    )
    .option('--mean <r,g,b>', 'mean of each channel, for values from 0 to 1', parseChannels)
    .option('--std <r,g,b>', 'standard deviation of each channel', parseStd)
    .option(
      '--crop <fraction>',
      'part of each side that the centre crop keeps, such as 0.875',
      parseFraction,
    )
    .option(
      '--max-patches <n>',
      'the most patches of an image, for models that keep its aspect ratio (NaFlex)',
      parseCount(1, MOST_PATCHES),
    )
}

/** A recipe's name, the fields that replace those of the checkpoint's recipe, or undefined. */
export function recipeOf({
  preprocess,
  mean,
  std,
  crop,
  maxPatches,
}: RecipeFlags): RecipeName | Partial<Recipe> | undefined {
  if (!mean && !std && crop === undefined && maxPatches === undefined) return preprocess
  return {
    ...(preprocess && RECIPES[preprocess]),
    ...(mean && { mean }),
    ...(std && { std }),
    ...(crop !== undefined && { cropFraction: crop }),
    ...(maxPatches !== undefined && { maxPatches }),
  }
}

function parseChannels(text: string): Channels {
  const values = text.split(',').map(parseNumber)
  const [first] = values
  if (values.length === 1) return [first!, first!, first!]
  if (values.length === 3) return values as unknown as Channels
  throw new InvalidArgumentError('Expected one number, or three separated by commas.')
}

function parseStd(text: string): Channels {
  const values = parseChannels(text)
  if (values.every((value) => value > 0)) return values
  throw new InvalidArgumentError('Expected numbers above 0.')
}

function parseFraction(text: string): number {
  const value = parseNumber(text)
  if (value > 0 && value <= 1) return value
  throw new InvalidArgumentError('Expected a number above 0, at most 1.')
}
