import type { Stage } from '../../model/overflow.ts'
import type { Runnable } from '../runnable.ts'
import { mixerArchitecture } from './architecture.ts'
import type { MixerConfig } from './config.ts'
import { mixerLayout } from './layout.ts'
import { timm } from './names/timm.ts'
import { mixerTokens } from './tokens.ts'

export const runnableMixer: Runnable<MixerConfig> = {
  ...mixerArchitecture,
  ownNames: timm,
  layout: mixerLayout,
  stages,
  tokens: async (config) => mixerTokens(config),
}

function stages({ depth }: MixerConfig): Stage[] {
  const blocks = Array.from({ length: depth }, (_, i) => `blocks.${i}`)
  return [
    ['stem', 'stem'],
    ...blocks.map((block): Stage => [`${block}.channel_mixing.fc2`, block]),
    ['features', 'features'],
  ]
}
