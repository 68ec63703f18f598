import type { Target } from '../../checkpoint/write/encode.ts'
import { vitTargets } from '../vit/targets.ts'
import { wholeTarget } from '../whole-weight.ts'
import { type HybridConfig, transformerOf } from './config.ts'
import { layersOf } from './layers.ts'
import { timm } from './names/timm.ts'
import { layerWeights } from './weights.ts'

/** The tensors of a hybrid under timm's names and layouts, which timm reads as they are. */
export const hybridTargets = (config: HybridConfig): Target[] => [
  ...vitTargets(transformerOf(config)),
  ...layersOf(config).flatMap((layer) => {
    const names = timm.layerNames(layer, config)
    return layerWeights(layer, config, timm.transposed).map((whole, i) =>
      wholeTarget(names[i]!, whole),
    )
  }),
]
