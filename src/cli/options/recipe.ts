import { type Command, InvalidArgumentError, Option } from 'commander'
import { RECIPES, type Recipe, type RecipeName } from '../../image/preprocess/recipes.ts'

type Channels = readonly [number, number, number]

/** The flags that say how pictures become pixels. */
export interface RecipeFlags {
  preprocess?: RecipeName
  mean?: Channels
  std?: Channels
  crop?: number
}

export function withRecipeOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--preprocess <name>', 'how pictures become pixels').choices(Object.keys(RECIPES)),
    )
    .option('--mean <r,g,b>', 'the mean of each channel, of values from 0 to 1', parseChannels)
    .option('--std <r,g,b>', 'the standard deviation of each channel', parseStd)
    .option('--crop <fraction>', 'the part of a side that is kept, such as 0.875', parseFraction)
}

/** What is to differ from the checkpoint's own recipe: all of it, some of it, or nothing. */
export function recipeOf({
  preprocess,
  mean,
  std,
  crop,
}: RecipeFlags): RecipeName | Partial<Recipe> | undefined {
  if (!mean && !std && crop === undefined) return preprocess
  return {
    ...(preprocess && RECIPES[preprocess]),
    ...(mean && { mean }),
    ...(std && { std }),
    ...(crop !== undefined && { cropFraction: crop }),
  }
}

function parseChannels(text: string): Channels {
  const values = text.split(',').map(parseNumber)
  const [first] = values
  if (values.length === 1) return [first!, first!, first!]
  if (values.length === 3) return values as unknown as Channels
  throw new InvalidArgumentError('Expected one number, or three with commas between.')
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

function parseNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value)) return value
  throw new InvalidArgumentError(`Expected a number, found ${JSON.stringify(text)}.`)
}
