import { timm as timmVit } from '../timm-vit/names.ts'
import type { VisionPublisher } from '../vision/family.ts'
import type { VisionRow } from '../vision/names/own.ts'

/** timm's AIMv2. */
export const timm: VisionPublisher = {
  ...timmVit,
  tensors: [
    ...(timmVit.tensors as readonly VisionRow[]),
    ['patch_embed.norm.weight', 'patch_norm.scale', 'D'],
  ],
  defaults: { activation: 'silu', eps: 1e-5 },
}

const layer = 'encoder.layers.#'

/** `Aimv2VisionModel` of transformers. */
export const huggingface: VisionPublisher = {
  name: 'huggingface',
  title: 'Hugging Face',
  anchor: 'embeddings.patch_embed.weight',
  transposed: true,
  tensors: [
    ['embeddings.patch_embed.weight', 'patch.kernel', 'D C h w'],
    ['embeddings.patch_embed.bias', 'patch.bias', 'D'],
    ['embeddings.rms_norm.weight', 'patch_norm.scale', 'D'],
    ['embeddings.position_embedding.weight', 'position', 'P D'],
    [`${layer}.rms_norm1.weight`, 'norm1.scale', 'D'],
    [`${layer}.attention.q_proj.weight`, 'query.kernel', 'D D'],
    [`${layer}.attention.k_proj.weight`, 'key.kernel', 'D D'],
    [`${layer}.attention.v_proj.weight`, 'value.kernel', 'D D'],
    [`${layer}.attention.out_proj.weight`, 'proj.kernel', 'D D'],
    [`${layer}.rms_norm2.weight`, 'norm2.scale', 'D'],
    [`${layer}.ffn.gate_proj.weight`, 'gate.kernel', 'M D'],
    [`${layer}.ffn.up_proj.weight`, 'up.kernel', 'M D'],
    [`${layer}.ffn.down_proj.weight`, 'fc2.kernel', 'D M'],
    ['rms_norm.weight', 'norm.scale', 'D'],
  ],
  harmless: [/position_ids$/],
  defaults: { activation: 'silu', eps: 1e-5 },
  recipe: 'clip',
  resample: 'huggingface',
  describedBy: 'transformers',
}

/** apple/ml-aim. Gate and value are its `fc1` and `fc3`. */
export const apple: VisionPublisher = {
  name: 'apple',
  title: 'apple/ml-aim',
  anchor: 'preprocessor.patchifier.proj.weight',
  transposed: true,
  tensors: [
    ['preprocessor.patchifier.proj.weight', 'patch.kernel', 'D C h w'],
    ['preprocessor.patchifier.proj.bias', 'patch.bias', 'D'],
    ['preprocessor.patchifier.norm.weight', 'patch_norm.scale', 'D'],
    ['preprocessor.pos_embed', 'position', '1 P D'],
    ['trunk.blocks.#.norm_1.weight', 'norm1.scale', 'D'],
    ['trunk.blocks.#.attn.qkv.weight', 'qkv.kernel', '3D D'],
    ['trunk.blocks.#.attn.proj.weight', 'proj.kernel', 'D D'],
    ['trunk.blocks.#.norm_2.weight', 'norm2.scale', 'D'],
    ['trunk.blocks.#.mlp.fc1.weight', 'gate.kernel', 'M D'],
    ['trunk.blocks.#.mlp.fc3.weight', 'up.kernel', 'M D'],
    ['trunk.blocks.#.mlp.fc2.weight', 'fc2.kernel', 'D M'],
    ['trunk.post_trunk_norm.weight', 'norm.scale', 'D'],
  ],
  harmless: [],
  defaults: { activation: 'silu', eps: 1e-5 },
  recipe: 'clip',
  resample: 'timm',
  describedBy: 'transformers',
}
