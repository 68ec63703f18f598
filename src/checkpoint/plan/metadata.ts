import { FormatError } from '../../errors.ts'
import type { Field, Fields } from '../../fields.ts'
import { RECIPES, type Recipe, type RecipeName } from '../../image/preprocess/recipes.ts'
import { countLabels, type LabelSet, labelSets } from '../../labels.ts'
import type { CheckpointFile } from '../checkpoint.ts'
import type { ModelConfig } from '../model-config.ts'
import { type Resample, resamples } from './resamples.ts'

/** What a checkpoint that this package wrote says about itself. */
export interface OwnMetadata {
  readonly config: ModelConfig
  readonly recipe: RecipeName | Recipe
  /** Class names in the order of the logits, or whose they are. */
  readonly labels?: readonly string[] | LabelSet | undefined
  /** The rule by which the position embedding is resized; the official one in files that don't say. */
  readonly resample?: Resample | undefined
}

const configKey = 'vitrine.config'
const recipeKey = 'vitrine.preprocess'
const labelsKey = 'vitrine.labels'
const resampleKey = 'vitrine.resample'

export const hasOwnMetadata = ({ metadata }: CheckpointFile) => metadata[configKey] !== undefined

/**
 * The family in the metadata of a file that vitrine wrote; undefined for other files.
 * @throws FormatError where it makes no sense
 */
export function ownFamily(file: CheckpointFile): string | undefined {
  if (!hasOwnMetadata(file)) return undefined
  const { family } = (parse(file, configKey) as Partial<ModelConfig> | null) ?? {}
  if (typeof family !== 'string') throw senseless(file, [`${configKey} family`])
  return family
}

/** What the metadata of a family's models must be. */
interface Readable {
  readonly fields: Fields<object>
  readonly formerly: object
}

/** Checks a recipe, and throws where it is none. */
type ResolveRecipe = (recipe: Recipe) => Recipe

/** Whether the metadata have the fields of a recipe and not a name, which needs no check of theirs. */
export const hasOwnRecipe = ({ metadata }: CheckpointFile) =>
  metadata[recipeKey]?.startsWith('{') ?? false

/**
 * The metadata of a file that vitrine wrote.
 * @param family the one that `ownFamily` names
 * @param resolveRecipe for a file that has its own recipe
 * @throws FormatError naming what makes no sense
 */
export function readOwnMetadata(
  file: CheckpointFile,
  { fields, formerly }: Readable,
  resolveRecipe?: ResolveRecipe,
): OwnMetadata {
  const config = { ...formerly, ...(parse(file, configKey) as object) } as Record<string, unknown>
  const wrong = (Object.entries(fields) as [string, Field][]).filter(
    ([key, field]) => !field.valid(config[key]),
  )
  const recipe = recipeOf(file, resolveRecipe)
  const labels = labelsOf(file)
  const resample = file.metadata[resampleKey] as Resample | undefined
  const keys = [
    ...wrong.map(([key]) => `${configKey} ${key}`),
    ...(recipe === undefined ? [recipeKey] : []),
    ...(file.metadata[labelsKey] === undefined || fitsHead(labels, config) ? [] : [labelsKey]),
    ...(resample !== undefined && !resamples.includes(resample) ? [resampleKey] : []),
  ]
  if (keys.length > 0) throw senseless(file, keys)
  const known = Object.keys(fields).map((key) => [key, config[key]])
  return {
    config: Object.fromEntries(known) as ModelConfig,
    recipe: recipe!,
    ...(labels && { labels }),
    ...(resample && { resample }),
  }
}

const senseless = ({ name }: CheckpointFile, keys: readonly string[]) =>
  new FormatError(`${name} has metadata that make no sense: ${keys.join(', ')}.`)

const fitsHead = (labels: OwnMetadata['labels'], config: Record<string, unknown>) =>
  labels !== undefined && countLabels(labels) === config?.classes

function parse(file: CheckpointFile, key: string): unknown {
  try {
    return JSON.parse(file.metadata[key]!)
  } catch (cause) {
    throw new FormatError(`${file.name} has a ${key} that is not JSON.`, { cause })
  }
}

/** A recipe's name, or its fields as JSON. */
function recipeOf(
  file: CheckpointFile,
  resolveRecipe: ResolveRecipe | undefined,
): RecipeName | Recipe | undefined {
  const text = file.metadata[recipeKey]
  if (text === undefined) return undefined
  if (!hasOwnRecipe(file)) return Object.hasOwn(RECIPES, text) ? (text as RecipeName) : undefined
  try {
    return resolveRecipe!(parse(file, recipeKey) as Recipe)
  } catch {
    return undefined
  }
}

/** The name of a data set, or names as a JSON array. */
function labelsOf(file: CheckpointFile): readonly string[] | LabelSet | undefined {
  const text = file.metadata[labelsKey]
  if (text === undefined) return undefined
  if (!text.startsWith('[')) return labelSets.find((set) => set === text)
  const labels = parse(file, labelsKey)
  const areTexts = Array.isArray(labels) && labels.every((label) => typeof label === 'string')
  return areTexts ? labels : undefined
}

/** `__metadata__` of a file of ours; PyTorch's tools want the `format`. */
export function ownMetadata({
  config,
  recipe,
  labels,
  resample,
}: OwnMetadata): Record<string, string> {
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  return {
    format: 'pt',
    [configKey]: JSON.stringify(config),
    [recipeKey]: text(recipe),
    ...(labels && { [labelsKey]: text(labels) }),
    ...(resample && { [resampleKey]: resample }),
  }
}
