import { linenNames } from '../../../checkpoint/plan/linen.ts'
import type { VitPublisher, VitRow } from './publisher.ts'

const block = 'Transformer/encoderblock_#'

const attention = (['query', 'key', 'value'] as const).flatMap((name): VitRow[] => [
  [`${block}/MultiHeadDotProductAttention_0/${name}/kernel`, `${name}.kernel`, 'D H d'],
  [`${block}/MultiHeadDotProductAttention_0/${name}/bias`, `${name}.bias`, 'H d'],
])

/**
 * google-research/vision_transformer and big_vision, in Linen's numbering (`linenNames`
 * brings the older one to it). Kernels are `[in, out]`; those of attention keep their heads apart.
 */
export const official: VitPublisher = {
  name: 'official',
  title: 'google-research/vision_transformer',
  anchor: 'embedding/kernel',
  transposed: false,
  tensors: [
    ['embedding/kernel', 'patch.kernel', 'h w C D'],
    ['embedding/bias', 'patch.bias', 'D'],
    ['cls', 'class', '1 1 D'],
    ['Transformer/posembed_input/pos_embedding', 'position', '1 P D'],
    ['pos_embedding', 'position', '1 P D'],
    [`${block}/LayerNorm_0/scale`, 'norm1.scale', 'D'],
    [`${block}/LayerNorm_0/bias`, 'norm1.bias', 'D'],
    ...attention,
    [`${block}/MultiHeadDotProductAttention_0/out/kernel`, 'proj.kernel', 'H d D'],
    [`${block}/MultiHeadDotProductAttention_0/out/bias`, 'proj.bias', 'D'],
    [`${block}/LayerNorm_1/scale`, 'norm2.scale', 'D'],
    [`${block}/LayerNorm_1/bias`, 'norm2.bias', 'D'],
    [`${block}/MlpBlock_0/Dense_0/kernel`, 'fc1.kernel', 'D M'],
    [`${block}/MlpBlock_0/Dense_0/bias`, 'fc1.bias', 'M'],
    [`${block}/MlpBlock_0/Dense_1/kernel`, 'fc2.kernel', 'M D'],
    [`${block}/MlpBlock_0/Dense_1/bias`, 'fc2.bias', 'D'],
    ['Transformer/encoder_norm/scale', 'norm.scale', 'D'],
    ['Transformer/encoder_norm/bias', 'norm.bias', 'D'],
    ['pre_logits/kernel', 'pre_logits.kernel', 'D R'],
    ['pre_logits/bias', 'pre_logits.bias', 'R'],
    ['head/kernel', 'head.kernel', 'F K'],
    ['head/bias', 'head.bias', 'K'],
  ],
  // The text half of a model whose image half is this one, and their temperature and bias.
  harmless: [/^(txt\/|[tb]$)/],
  defaults: { gelu: 'tanh', eps: 1e-6 },
  recipe: 'official',
  resample: 'official',
  oblong: false,
  renumber: linenNames,
}
