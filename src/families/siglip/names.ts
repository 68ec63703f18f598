import type { TensorRow } from '../../checkpoint/plan/publisher.ts'
import { openClipTexts, transformersTowers } from '../clip/names.ts'
import type { DualPublisher } from '../dual/family.ts'
import { timm } from '../timm-vit/names.ts'

/** `SiglipModel` and `SiglipVisionModel` of transformers; SigLIP 2 of a fixed size too. */
export const huggingface: DualPublisher = {
  name: 'huggingface',
  title: 'Hugging Face',
  anchor: 'vision_model.embeddings.patch_embedding.weight',
  transposed: true,
  tensors: [
    ...transformersTowers,
    ['vision_model.post_layernorm.weight', 'norm.scale', 'D'],
    ['vision_model.post_layernorm.bias', 'norm.bias', 'D'],
    ['vision_model.head.probe', 'map.probe', '1 1 D'],
    ['vision_model.head.attention.in_proj_weight', 'map.qkv.kernel', '3D D'],
    ['vision_model.head.attention.in_proj_bias', 'map.qkv.bias', '3D'],
    ['vision_model.head.attention.out_proj.weight', 'map.proj.kernel', 'D D'],
    ['vision_model.head.attention.out_proj.bias', 'map.proj.bias', 'D'],
    ['vision_model.head.layernorm.weight', 'map.norm.scale', 'D'],
    ['vision_model.head.layernorm.bias', 'map.norm.bias', 'D'],
    ['vision_model.head.mlp.fc1.weight', 'map.fc1.kernel', 'mM D'],
    ['vision_model.head.mlp.fc1.bias', 'map.fc1.bias', 'mM'],
    ['vision_model.head.mlp.fc2.weight', 'map.fc2.kernel', 'D mM'],
    ['vision_model.head.mlp.fc2.bias', 'map.fc2.bias', 'D'],
    ['text_model.head.weight', 'text.head.kernel', 'tK tF'],
    ['text_model.head.bias', 'text.head.bias', 'tK'],
    ['logit_bias', 'similarity_bias', '1'],
  ],
  harmless: [/position_ids$/],
  defaults: { classifier: 'map', eps: 1e-6, activation: 'gelu_tanh' },
  recipe: 'siglip',
  resample: 'huggingface',
  describedBy: 'transformers',
}

/** open_clip's SigLIP, whose image tower is one of timm. */
export const openClip: DualPublisher = {
  name: 'open_clip',
  title: 'open_clip',
  anchor: 'visual.trunk.patch_embed.proj.weight',
  transposed: true,
  tensors: [
    ...timm.tensors.map(([name, slot, shape]): TensorRow => [`visual.trunk.${name}`, slot, shape]),
    ...openClipTexts('text.'),
    ['text.text_projection.weight', 'text.head.kernel', 'tK tF'],
    ['text.text_projection.bias', 'text.head.bias', 'tK'],
    ['logit_bias', 'similarity_bias', '1'],
  ],
  harmless: [/attn_mask$/],
  defaults: { classifier: 'map', eps: 1e-6, cleaning: 'canonicalize' },
  recipe: 'timm-squash-full',
  resample: 'timm',
  describedBy: 'open_clip',
}
