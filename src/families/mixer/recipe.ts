import type { Found } from '../../checkpoint/plan/found.ts'
import { RECIPES, type Recipe, type RecipeName } from '../../image/preprocess/recipes.ts'
import { vitRecipe } from '../vit/recipe.ts'
import type { MixerConfig } from './config.ts'
import type { MixerPublisher } from './names/publisher.ts'

/** The preprocessing that a Mixer's weights expect: that of its publisher's ViTs, but for the crop. */
export function mixerRecipe(
  { channels }: MixerConfig,
  found: Found<MixerPublisher>,
  assumed: string[],
): RecipeName | Recipe {
  const recipe = vitRecipe({ channels, distilled: false }, found, assumed)
  const { cropFraction } = found.publisher
  if (cropFraction === undefined) return recipe
  return { ...(typeof recipe === 'string' ? RECIPES[recipe] : recipe), cropFraction }
}
