import type { Stage } from '../../model/overflow.ts'
import type { Runnable } from '../runnable.ts'
import { vitArchitecture } from './architecture.ts'
import type { ViTConfig } from './config.ts'
import { vitLayout } from './layout.ts'
import { timm } from './names/timm.ts'

export const runnableViT: Runnable<ViTConfig> = {
  ...vitArchitecture,
  ownNames: timm,
  layout: vitLayout,
  stages: encoderStages,
  tokens: async (config) => (await import('./tokens.ts')).encoderTokens(config),
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
