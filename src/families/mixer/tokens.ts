import type { Tokens } from '../../model/tokens.ts'
import { type MixerConfig, patchWindow } from './config.ts'

export const mixerTokens = (config: MixerConfig): Tokens => ({
  blocks: Array.from({ length: config.depth }, (_, i) => `blocks.${i}.channel_mixing.fc2`),
  norm: 'norm',
  prefixTokens: 0,
  classToken: false,
  grid: patchWindow(config).outputs,
})
