import type { TensorRow } from '../../../checkpoint/plan/publisher.ts'
import type { EncoderPublisher } from '../../vit/names/publisher.ts'
import type { HybridConfig } from '../config.ts'
import { type Layer, layersOf } from '../layers.ts'
import { layerWeights } from '../weights.ts'

type Defaults = Pick<
  HybridConfig,
  'gelu' | 'eps' | 'groups' | 'groupEps' | 'kernelEps' | 'kernelEpsOn'
>

/**
 * A publisher of hybrids. Its table has the rows of the transformer, and of the ResNet those of the root; `rowsOf` adds
 * the units.
 */
export interface HybridPublisher extends EncoderPublisher<string, Defaults> {
  /** Names of tensors in units. The groups are the numbers of the stage and of the unit, from `firstNumber`. */
  readonly others: RegExp
  readonly firstNumber: number
  /** The names of a convolution's kernel, and of the scale and bias of its norm. */
  layerNames(
    layer: Layer,
    config: HybridConfig,
  ): readonly [kernel: string, scale: string, bias: string]
}

/** The table of a config: the rows of its transformer, and those of its ResNet, whose slots are the weights. */
export const rowsOf = (config: HybridConfig, publisher: HybridPublisher): TensorRow[] => [
  ...publisher.tensors.filter(([, slot]) => !slot.startsWith('root.')),
  ...layersOf(config).flatMap((layer) => {
    const names = publisher.layerNames(layer, config)
    return layerWeights(layer, config, publisher.transposed).map(
      ({ weight, shape }, i): TensorRow => [names[i]!, weight, shape.join(' ')],
    )
  }),
]
