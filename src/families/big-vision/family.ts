import { linenNames } from '../../checkpoint/plan/linen.ts'
import { type VisionPublisher, visionFamily } from '../vision/family.ts'
import type { VisionRow } from '../vision/names/own.ts'
import type { Slot } from '../vision/slots.ts'
import { official } from '../vit/names/official.ts'
import { hybridSign } from '../vit/relatives.ts'

const attention = 'MAPHead_0/MultiHeadDotProductAttention_0'

const pool: readonly VisionRow[] = [
  ['MAPHead_0/probe', 'map.probe', '1 1 D'],
  ...(['query', 'key', 'value'] as const).flatMap((name): VisionRow[] => [
    [`${attention}/${name}/kernel`, `map.${name}.kernel`, 'D H d'],
    [`${attention}/${name}/bias`, `map.${name}.bias`, 'H d'],
  ]),
  [`${attention}/out/kernel`, 'map.proj.kernel', 'H d D'],
  [`${attention}/out/bias`, 'map.proj.bias', 'D'],
  ['MAPHead_0/LayerNorm_0/scale', 'map.norm.scale', 'D'],
  ['MAPHead_0/LayerNorm_0/bias', 'map.norm.bias', 'D'],
  ['MAPHead_0/MlpBlock_0/Dense_0/kernel', 'map.fc1.kernel', 'D mM'],
  ['MAPHead_0/MlpBlock_0/Dense_0/bias', 'map.fc1.bias', 'mM'],
  ['MAPHead_0/MlpBlock_0/Dense_1/kernel', 'map.fc2.kernel', 'mM D'],
  ['MAPHead_0/MlpBlock_0/Dense_1/bias', 'map.fc2.bias', 'D'],
]

/** big_vision's ViT with attention pooling, as in the image tower of its SigLIP. The rest has the release's names. */
const bigVision: VisionPublisher = {
  ...official,
  name: 'big_vision',
  title: 'google-research/big_vision',
  tensors: [
    ...official.tensors
      .filter(([, slot]) => !slot.startsWith('pre_logits'))
      .map(([name, slot, shape]): VisionRow => [name, slot as Slot, shape]),
    ...pool,
  ],
  defaults: { activation: 'gelu_tanh', eps: 1e-6, classifier: 'map' },
  renumber: linenNames,
}

/** ViTs of big_vision that pool by attention (Zhai et al. 2022, "Scaling Vision Transformers"). */
export const bigVisionFamily = visionFamily({
  name: 'big_vision',
  publishers: [bigVision],
  essential: ['position', 'map.probe'],
  relatives: {
    inside: [[hybridSign, 'a ResNet hybrid with an attention pooling head (MAP)']],
    around: [],
  },
  configReaders: async () => ({}),
})
