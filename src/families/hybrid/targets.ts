import type { Target } from '../../checkpoint/write/target.ts'
import type { FileNames } from '../family.ts'
import { vitTargets } from '../vit/targets.ts'
import { wholeTarget } from '../whole-weight.ts'
import { type HybridConfig, transformerOf } from './config.ts'
import { layersOf } from './layers.ts'
import { official } from './names/official.ts'
import { timm } from './names/timm.ts'
import { layerWeights } from './weights.ts'

/** The tensors of a hybrid: under timm's names and layouts, which timm reads as they are, or under the release's. */
export function hybridTargets(config: HybridConfig, names: FileNames): Target[] {
  const publisher = names === 'own' ? timm : official
  return [
    ...vitTargets(transformerOf(config), names),
    ...layersOf(config).flatMap((layer) => {
      const tensors = publisher.layerNames(layer, config)
      return layerWeights(layer, config, publisher.transposed).map((whole, i) =>
        wholeTarget(tensors[i]!, whole),
      )
    }),
  ]
}
