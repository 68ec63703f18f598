import { linenNames } from '../../../checkpoint/plan/linen.ts'
import type { MixerPublisher } from './publisher.ts'

const block = 'MixerBlock_#'

/** google-research/vision_transformer, in Linen's numbering. Kernels are `[in, out]`. */
export const official: MixerPublisher = {
  name: 'official',
  title: 'google-research/vision_transformer',
  anchor: 'stem/kernel',
  transposed: false,
  tensors: [
    ['stem/kernel', 'stem.kernel', 'h w C D'],
    ['stem/bias', 'stem.bias', 'D'],
    [`${block}/LayerNorm_0/scale`, 'blocks.#.norm1.scale', 'D'],
    [`${block}/LayerNorm_0/bias`, 'blocks.#.norm1.bias', 'D'],
    [`${block}/token_mixing/Dense_0/kernel`, 'blocks.#.token_mixing.fc1.kernel', 'S T'],
    [`${block}/token_mixing/Dense_0/bias`, 'blocks.#.token_mixing.fc1.bias', 'T'],
    [`${block}/token_mixing/Dense_1/kernel`, 'blocks.#.token_mixing.fc2.kernel', 'T S'],
    [`${block}/token_mixing/Dense_1/bias`, 'blocks.#.token_mixing.fc2.bias', 'S'],
    [`${block}/LayerNorm_1/scale`, 'blocks.#.norm2.scale', 'D'],
    [`${block}/LayerNorm_1/bias`, 'blocks.#.norm2.bias', 'D'],
    [`${block}/channel_mixing/Dense_0/kernel`, 'blocks.#.channel_mixing.fc1.kernel', 'D M'],
    [`${block}/channel_mixing/Dense_0/bias`, 'blocks.#.channel_mixing.fc1.bias', 'M'],
    [`${block}/channel_mixing/Dense_1/kernel`, 'blocks.#.channel_mixing.fc2.kernel', 'M D'],
    [`${block}/channel_mixing/Dense_1/bias`, 'blocks.#.channel_mixing.fc2.bias', 'D'],
    ['pre_head_layer_norm/scale', 'norm.scale', 'D'],
    ['pre_head_layer_norm/bias', 'norm.bias', 'D'],
    ['head/kernel', 'head.kernel', 'D K'],
    ['head/bias', 'head.bias', 'K'],
  ],
  harmless: [],
  defaults: { gelu: 'tanh', eps: 1e-6, padding: 'same' },
  recipe: 'official',
  resample: 'official',
  renumber: linenNames,
}
