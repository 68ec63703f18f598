import type { Recipe, RecipeName } from '../image/preprocess/recipes.ts'
import type { LabelSet } from '../labels.ts'
import type { ModelConfig } from './model-config.ts'
import type { Neighbours } from './source/neighbours.ts'

/** What is known of a checkpoint beside its tensors. What the caller says goes before it. */
export interface Description<Config extends ModelConfig = ModelConfig> {
  readonly config?: Partial<Config>
  /** The image size that the position embedding in the file was made for, where it is known. */
  readonly storedSize?: readonly [height: number, width: number]
  readonly preprocess?: RecipeName | Recipe
  readonly labels?: readonly string[] | LabelSet
  /** Which file said it. */
  readonly sources?: Sources
}

export type Sources = Readonly<Partial<Record<'config' | 'preprocess' | 'labels', string>>>

/** What the caller says himself: a file that says something else, or nothing that is run, does no harm. */
export interface Given<Config extends ModelConfig = ModelConfig> {
  readonly config?: Partial<Config> | undefined
  readonly preprocess?: RecipeName | Partial<Recipe> | undefined
  readonly labels?: readonly string[] | LabelSet | undefined
  /** Of a file with several models: what the names of the wanted one begin with. */
  readonly prefix?: string | undefined
}

/** Where to look for what is known of a checkpoint, and what is known before it is opened. */
export interface Beside {
  readonly neighbours?: Neighbours | undefined
  readonly description?: Description | undefined
}

const recipeFields = [
  'fit',
  'filter',
  'cropFraction',
  'cropRounding',
  'mean',
  'std',
  'rescale',
] as const

/** Does the caller leave nothing of the preprocessing open? Then no file needs to say anything of it. */
export const givesRecipe = ({ preprocess }: Pick<Given, 'preprocess'>) =>
  typeof preprocess === 'object'
    ? recipeFields.every((field) => preprocess[field] !== undefined)
    : preprocess !== undefined
