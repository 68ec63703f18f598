import { FormatError } from '../errors.ts'
import { RECIPES, type RecipeName } from '../image/preprocess/recipes.ts'
import { configFields, type ViTConfig } from '../models/config.ts'
import type { CheckpointFile } from './checkpoint.ts'

/** What a checkpoint that this package wrote says about itself. */
export interface OwnMetadata {
  readonly config: ViTConfig
  /** Name of the preprocessing. */
  readonly recipe: RecipeName
}

const configKey = 'vitrine.config'
const recipeKey = 'vitrine.preprocess'

const isRecipe = (name: string | undefined): name is RecipeName =>
  name !== undefined && Object.hasOwn(RECIPES, name)

/** The config in the metadata of a file of ours; undefined for everybody else's files. */
export function readOwnMetadata(file: CheckpointFile): OwnMetadata | undefined {
  const text = file.metadata[configKey]
  if (text === undefined) return undefined
  let config: Record<string, unknown>
  try {
    config = JSON.parse(text)
  } catch (cause) {
    throw new FormatError(`${file.name} has a ${configKey} that is not JSON.`, { cause })
  }
  const wrong = Object.entries(configFields).filter(([key, field]) => !field.valid(config?.[key]))
  const recipe = file.metadata[recipeKey]
  if (wrong.length > 0 || !isRecipe(recipe)) {
    const keys = [
      ...wrong.map(([key]) => `${configKey} ${key}`),
      ...(isRecipe(recipe) ? [] : [recipeKey]),
    ]
    throw new FormatError(`${file.name} has metadata that make no sense: ${keys.join(', ')}.`)
  }
  const known = Object.keys(configFields).map((key) => [key, config[key]])
  return { config: Object.fromEntries(known) as ViTConfig, recipe: recipe as RecipeName }
}

/** `__metadata__` of a file of ours; PyTorch's tools want the `format`. */
export function ownMetadata({ config, recipe }: OwnMetadata): Record<string, string> {
  return { format: 'pt', [configKey]: JSON.stringify(config), [recipeKey]: recipe }
}
