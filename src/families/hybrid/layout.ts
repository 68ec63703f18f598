import type { Found } from '../../checkpoint/plan/found.ts'
import type { Layout } from '../../checkpoint/plan/layout.ts'
import { ArgumentError } from '../../errors.ts'
import type { Positions } from '../runnable.ts'
import { fitsSize as encoderFits, vitLayout } from '../vit/layout.ts'
import { wholePiece } from '../whole-weight.ts'
import { featureGrid, type HybridConfig, transformerOf } from './config.ts'
import { layersOf } from './layers.ts'
import { type HybridPublisher, rowsOf } from './names/publisher.ts'
import { layerWeights } from './weights.ts'

/**
 * What a hybrid of this config wants of a file.
 * @throws ArgumentError where the file has fewer blocks or units, or the features of the image hold no patch
 */
export function hybridLayout(
  config: HybridConfig,
  found: Found<HybridPublisher>,
  positions: Positions<HybridConfig>,
  assumed: string[],
): Layout {
  const { units } = config
  const { file, publisher } = found
  if (units.reduce((sum, count) => sum + count, 0) > file.tensors.size) {
    throw new ArgumentError(
      `${file.name} has not the ${units.join(' + ')} units that are asked for.`,
    )
  }
  const { stored } = positions
  const encoder = vitLayout(
    transformerOf(config),
    found,
    { ...positions, stored: stored && { imageSize: featureGrid({ ...config, ...stored }) } },
    assumed,
  )
  const weights = new Map(
    layersOf(config).flatMap((layer) =>
      layerWeights(layer, config, publisher.transposed).map((whole) => [whole.weight, whole]),
    ),
  )
  return {
    ...encoder,
    title: `a hybrid of a ResNet of ${units.join(' + ') || 'no'} units and a ViT of width ${config.width} and ${config.depth} blocks`,
    tensors: rowsOf(config, publisher),
    has: (slot) => weights.has(slot) || encoder.has(slot),
    pieces(slot, block, tensor) {
      const whole = weights.get(slot)
      return whole ? [wholePiece(whole, tensor.name)] : encoder.pieces(slot, block, tensor)
    },
  }
}

/** Are there as many positions as the features of an image of that size have patches? */
export const fitsSize = (
  imageSize: HybridConfig['imageSize'],
  config: HybridConfig,
  found: Found,
): boolean => encoderFits(featureGrid({ ...config, imageSize }), config, found)
