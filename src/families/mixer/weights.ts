import { type Sizes, shapeOf } from '../../checkpoint/plan/shape.ts'
import type { WholeWeight } from '../whole-weight.ts'
import { countPatches, type MixerConfig } from './config.ts'

/**
 * The sizes that shapes in the tables are made of.
 * @throws ArgumentError where the image holds no patch
 */
export function sizesOf(config: MixerConfig): Sizes {
  const { width: D, tokenMlpWidth: T, mlpWidth: M, classes: K, channels: C, patchSize } = config
  return { D, T, M, K, C, h: patchSize[0], w: patchSize[1], S: countPatches(config) }
}

export const hasSlot = (slot: string, { classes }: MixerConfig) =>
  classes > 0 || !slot.startsWith('head.')

/** The weight of a slot in a block. @param shape as the tables write it */
export const weightOf = (
  slot: string,
  block: number,
  shape: string,
  sizes: Sizes,
  transposed: boolean,
): WholeWeight => ({
  weight: slot.replace('#', String(block)),
  shape: shapeOf(shape, sizes),
  transposed,
})
