import type { Tools } from '../family.ts'
import { patchGrid } from '../vit/grid.ts'
import { countOf } from '../vit/tools.ts'
import type { VisionConfig, VisionTower } from './config.ts'
import { visionTargets } from './targets.ts'

/** The patches that an image is cut into. */
export const patchesOf = (config: VisionTower) => ({
  size: config.patchSize,
  grid: patchGrid(config),
})

/** What commands need of transformers over patches. */
export const visionTools: Tools<VisionConfig> = {
  targets: visionTargets,
  told: () => [],
  patches: patchesOf,
  variantOf: () => undefined,
  facts: visionFacts,
  columns: [],
}

export function visionFacts(config: VisionTower): [string, string][] {
  const { imageSize, patchSize, width, depth, heads, mlpWidth } = config
  const channels = config.channels === 1 ? 'grey' : 'RGB'
  const mlp = config.gated ? 'gated MLP' : 'MLP'
  return [
    [
      'structure',
      `width ${width}, ${countOf(depth, 'block')}, ${countOf(heads, 'head')}, ${mlp} ${mlpWidth}`,
    ],
    ['input', `${imageSize.join(' x ')} px in patches of ${patchSize.join(' x ')}, ${channels}`],
    ['tokens', tokensOf(config).join(', ')],
    ['blocks', blocksOf(config).join(', ')],
    ['classifier', classifierOf(config).join(', ')],
    ['activation, eps', `${config.activation}, ${config.eps.toExponential()}`],
  ]
}

const present = (texts: readonly (string | false)[]) =>
  texts.filter((text): text is string => text !== false)

const tokensOf = (config: VisionTower) =>
  present([
    config.classToken ? 'class token' : 'no class token',
    config.registers > 0 && countOf(config.registers, 'register'),
    config.positions && 'learned positions',
    config.relativePositions && 'relative positions',
    config.rope !== 'none' && `rotary positions (${config.rope}, base ${config.ropeBase})`,
    config.patchNorm && 'normed patches',
    config.preNorm && 'normed before the blocks',
  ])

const blocksOf = (config: VisionTower) =>
  present([
    config.norm === 'rms' ? 'RMS norm' : 'layer norm',
    config.layerScale && 'LayerScale',
    config.attentionNorm && 'norm in attention',
    config.mlpNorm && 'norm in the MLP',
    config.qkvBias === 'query_value' && 'no key bias',
    config.qkvBias === false && 'no qkv bias',
    !config.bias && 'no biases',
  ])

const classifierOf = (config: VisionTower) =>
  present([
    config.classifier === 'map'
      ? `attention pool of ${countOf(config.mapHeads, 'head')}`
      : config.classifier,
    config.projection > 0 && `projection to ${config.projection}`,
    config.classes > 0 ? countOf(config.classes, 'class', 'classes') : 'no head',
    config.finalNorm === 'pooled' && 'norm after pooling',
    config.finalNorm === 'none' && 'no last norm',
  ])
