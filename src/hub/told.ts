import type { Recipe, RecipeName } from '../image/preprocess/recipes.ts'
import type { ViTConfig } from '../models/config.ts'
import type { LabelSet } from '../models/labels.ts'

/** What is known of a checkpoint beside its tensors. What the caller says goes before it. */
export interface Told {
  readonly config?: Partial<ViTConfig>
  readonly preprocess?: RecipeName | Recipe
  readonly labels?: readonly string[] | LabelSet
}
