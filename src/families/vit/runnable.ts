import type { Encoder } from '../../model/encoder.ts'
import type { Stage } from '../../model/overflow.ts'
import type { Runnable } from '../runnable.ts'
import { vitArchitecture } from './architecture.ts'
import type { EncoderConfig, ViTConfig } from './config.ts'
import { patchGrid, prefixTokens } from './grid.ts'
import { vitLayout } from './layout.ts'
import { timm } from './names/timm.ts'

export const runnableViT: Runnable<ViTConfig> = {
  ...vitArchitecture,
  ownNames: timm,
  layout: vitLayout,
  stages: encoderStages,
  encoder: encoderOf,
}

/** The values of an encoder along the way. */
export function encoderStages({ depth }: Pick<ViTConfig, 'depth'>): Stage[] {
  const blocks = Array.from({ length: depth }, (_, i) => `blocks.${i}`)
  return [
    ['tokens', 'tokens'],
    ...blocks.map((block): Stage => [`${block}.fc2`, block]),
    ['features', 'features'],
  ]
}

/** What shows where a transformer over patches looks. */
export function encoderOf(config: EncoderConfig): Encoder {
  return {
    depth: config.depth,
    heads: config.heads,
    width: config.width,
    prefixTokens: prefixTokens(config),
    grid: patchGrid(config),
    patch: [...config.patchSize, config.channels],
  }
}
