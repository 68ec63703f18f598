import type { Found } from '../../checkpoint/plan/found.ts'
import { RECIPES, type Recipe, type RecipeName } from '../../image/preprocess/recipes.ts'
import type { ViTConfig } from './config.ts'

/**
 * The preprocessing that a ViT's weights expect. Publishers have no recipe for grey pictures: theirs is
 * taken with a mean and a standard deviation of 0.5, which is said.
 */
export function vitRecipe(
  { distilled, channels }: Pick<ViTConfig, 'distilled' | 'channels'>,
  { publisher }: Found,
  assumed: string[],
): RecipeName | Recipe {
  const name = distilled ? 'deit' : publisher.recipe
  if (channels === 3) return name
  assumed.push('a mean and std of 0.5 for grey pictures')
  return { ...RECIPES[name], mean: [0.5], std: [0.5] }
}
