import type { TensorRow } from '../../checkpoint/plan/publisher.ts'
import type { DualPublisher } from '../dual/family.ts'
import { openClip } from './names.ts'

const block = 'visual.transformer.resblocks.#'

/** What follows the last block otherwise than in a CLIP: the norm is of all tokens, which are pooled by attention. */
const pool: readonly TensorRow[] = [
  ['visual.ln_post.weight', 'norm.scale', 'D'],
  ['visual.ln_post.bias', 'norm.bias', 'D'],
  ['visual.attn_pool.probe', 'map.probe', '1 1 D'],
  ['visual.attn_pool.attn.in_proj_weight', 'map.qkv.kernel', '3D D'],
  ['visual.attn_pool.attn.in_proj_bias', 'map.qkv.bias', '3D'],
  ['visual.attn_pool.attn.out_proj.weight', 'map.proj.kernel', 'D D'],
  ['visual.attn_pool.attn.out_proj.bias', 'map.proj.bias', 'D'],
  ['visual.attn_pool.layernorm.weight', 'map.norm.scale', 'D'],
  ['visual.attn_pool.layernorm.bias', 'map.norm.bias', 'D'],
  ['visual.attn_pool.mlp.c_fc.weight', 'map.fc1.kernel', 'mM D'],
  ['visual.attn_pool.mlp.c_fc.bias', 'map.fc1.bias', 'mM'],
  ['visual.attn_pool.mlp.c_proj.weight', 'map.fc2.kernel', 'D mM'],
  ['visual.attn_pool.mlp.c_proj.bias', 'map.fc2.bias', 'D'],
]

/**
 * facebookresearch/perception_models: PE-Core, a CLIP whose image tower has rotations and attention pooling. Its files have
 * no config; all published sizes have what is said here. Places in the grid are counted, whatever its size.
 */
export const perception: DualPublisher = {
  transposed: true,
  harmless: openClip.harmless,
  name: 'perception_models',
  title: 'facebookresearch/perception_models',
  anchor: 'visual.attn_pool.probe',
  tensors: [
    ...openClip.tensors.filter(([name]) => !/^visual\.ln_post\.|^text\./.test(name)),
    [`${block}.ls_1.gamma`, 'layer_scale1', 'D'],
    [`${block}.ls_2.gamma`, 'layer_scale2', 'D'],
    ...pool,
  ],
  defaults: {
    classifier: 'map',
    activation: 'gelu_erf',
    eps: 1e-5,
    rope: 'indexed_xy',
    ropeBase: 10_000,
    mapHeads: 8,
    cleaning: 'lower',
  },
  // It squashes with Pillow's bilinear filter.
  recipe: 'huggingface',
  resample: 'timm-npz',
}
