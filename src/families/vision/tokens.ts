import type { Tokens } from '../../model/tokens.ts'
import { patchGrid } from '../vit/grid.ts'
import { prefixTokens, type VisionTower } from './config.ts'

/** What the program of such a transformer has of tokens. */
export const visionTokens = (config: VisionTower): Tokens => ({
  blocks: Array.from({ length: config.depth }, (_, i) => `blocks.${i}.fc2`),
  ...(config.finalNorm !== 'none' && { norm: 'norm' }),
  prefixTokens: prefixTokens(config),
  classToken: config.classToken,
  grid: patchGrid(config),
  ...(config.classifier === 'map' && { map: 'map.fc2' }),
  encoder: {
    heads: config.heads,
    width: config.width,
    patch: [...config.patchSize, config.channels],
  },
})
