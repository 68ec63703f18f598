import type { Tokens } from '../../model/tokens.ts'
import type { EncoderConfig } from './config.ts'
import { patchGrid, prefixTokens } from './grid.ts'

/** The tokens of a transformer over patches. */
export function encoderTokens(config: EncoderConfig): Tokens {
  const { depth, heads, width, classToken } = config
  return {
    blocks: Array.from({ length: depth }, (_, i) => `blocks.${i}.fc2`),
    norm: 'norm',
    prefixTokens: prefixTokens(config),
    classToken,
    grid: patchGrid(config),
    encoder: { heads, width, patch: [...config.patchSize, config.channels] },
  }
}
