import type { TrainOptions } from '../options.ts'
import { headRecipe } from './recipe.ts'

/** Whether only the head is trained. */
const isHeadOnly = ({ freeze, lora }: Pick<TrainOptions, 'freeze' | 'lora'>) =>
  freeze === 'backbone' && lora === undefined

/**
 * The options of `train`, with the recipe of heads where only the head is trained; see `headRecipe`. Pictures are not
 * changed at random then, so that their features are computed once.
 * @param pictures that are trained on
 */
export function withHeadDefaults(options: TrainOptions, pictures: number): TrainOptions {
  if (!isHeadOnly(options)) return options
  const { totalSteps, batch, baseLr, warmupSteps, decayType, optimizer } = headRecipe(
    pictures,
    options,
  )
  const recipe = { totalSteps, batch, baseLr, warmupSteps, decayType, optimizer }
  return { augment: 'none', ...options, ...recipe }
}

/** Whether a picture has one feature in the whole run. */
export const hasFixedFeatures = (
  options: Pick<TrainOptions, 'freeze' | 'lora' | 'augment'>,
): boolean => isHeadOnly(options) && options.augment === 'none'
