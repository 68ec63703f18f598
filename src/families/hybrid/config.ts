import type { ModelConfig } from '../../checkpoint/model-config.ts'
import { ArgumentError } from '../../errors.ts'
import { type Field, type Fields, isArrayOf, oneOf, whole } from '../../fields.ts'
import { channelsField, type EncoderConfig, encoderFields, fromZero } from '../vit/config.ts'
import { patchGrid } from '../vit/grid.ts'

/**
 * The structure of a hybrid (Dosovitskiy et al. 2021): a Vision Transformer whose patches are cut from the features of
 * a ResNet with group norm and weight standardisation (Kolesnikov et al. 2020). The tensors of a checkpoint and the
 * files beside it determine it; the option `config` of `load` overrides single fields.
 */
export interface HybridConfig extends EncoderConfig, ModelConfig {
  /** Always `hybrid`. */
  family: 'hybrid'
  /** Height and width of the input in pixels, from 1. */
  imageSize: readonly [height: number, width: number]
  /** Channels of the input: 3 for RGB; 1 for grey, computed from RGB as Pillow's `convert('L')` does. */
  channels: 1 | 3
  /** Height and width of a patch in positions of the features, from 1. Positions beyond the last whole patch are ignored. */
  patchSize: readonly [height: number, width: number]
  /** Residual units of each stage of the ResNet, from 1; `[]` for a ResNet that ends after its stem. */
  units: readonly number[]
  /** Channels of the stem, from 1. Stage `s` has `2^s` times as many in its units, and four times that as output. */
  stemWidth: number
  /** Groups of every group norm, from 1. */
  groups: number
  /** Epsilon of the group norms, from 0. */
  groupEps: number
  /** Epsilon of the weight standardisation of convolutions, above 0. */
  kernelEps: number
  /** Where that epsilon is added: to the standard deviation (official) or to the variance (timm). */
  kernelEpsOn: 'deviation' | 'variance'
}

const unitsField: Field = {
  wanted: 'an array of whole numbers from 1, one for each stage',
  valid: (value) => isArrayOf(value, whole(1).valid) && value.length <= maxStages,
}

/** Each stage halves the features; no image is so large that more would leave any. */
const maxStages = 16

export const hybridFields: Fields<HybridConfig> = {
  family: oneOf('hybrid'),
  ...encoderFields,
  channels: channelsField,
  units: unitsField,
  stemWidth: whole(1),
  groups: whole(1),
  groupEps: fromZero,
  kernelEps: {
    wanted: 'a number above 0',
    valid: (value) => Number.isFinite(value) && Number(value) > 0,
  },
  kernelEpsOn: oneOf('deviation', 'variance'),
}

/** Pixels of the image to each position of the features, in both directions. */
export const strideOf = (units: HybridConfig['units']): number =>
  4 * 2 ** Math.max(0, units.length - 1)

/** Rows and columns of the features. Every layer with a stride of 2 leaves half the positions, rounded up. */
export function featureGrid({
  imageSize,
  units,
}: Pick<HybridConfig, 'imageSize' | 'units'>): [rows: number, columns: number] {
  const stride = strideOf(units)
  return [Math.ceil(imageSize[0] / stride), Math.ceil(imageSize[1] / stride)]
}

/** Channels of the features. */
export const featureChannels = ({ units, stemWidth }: HybridConfig): number =>
  units.length === 0 ? stemWidth : 4 * stemWidth * 2 ** (units.length - 1)

/**
 * The transformer of a hybrid, which cuts its patches from the features.
 * @throws ArgumentError where the features of an image of this size hold no patch
 */
export function transformerOf(config: HybridConfig): EncoderConfig {
  const encoder = { ...config, imageSize: featureGrid(config), channels: featureChannels(config) }
  if (patchGrid(encoder).every((side) => side > 0)) return encoder
  throw new ArgumentError(
    `An image of ${config.imageSize.join(' x ')} pixels has features of ${encoder.imageSize.join(' x ')} positions, which hold no patch of ${config.patchSize.join(' x ')}.`,
  )
}
