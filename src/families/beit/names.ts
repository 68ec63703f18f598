import { timm as timmVit } from '../timm-vit/names.ts'
import type { VisionPublisher } from '../vision/family.ts'
import type { VisionRow } from '../vision/names/own.ts'

/** timm's `Beit`. */
export const timm: VisionPublisher = {
  ...timmVit,
  tensors: [
    ...(timmVit.tensors as readonly VisionRow[]),
    ['blocks.#.attn.relative_position_bias_table', 'relative_positions', 'O H'],
  ],
  defaults: { activation: 'gelu_erf', eps: 1e-6 },
}

const block = 'encoder.layer.#'

/** `BeitModel` of transformers. */
export const huggingface: VisionPublisher = {
  name: 'huggingface',
  title: 'Hugging Face',
  anchor: 'embeddings.patch_embeddings.projection.weight',
  transposed: true,
  tensors: [
    ['embeddings.cls_token', 'class', '1 1 D'],
    ['embeddings.patch_embeddings.projection.weight', 'patch.kernel', 'D C h w'],
    ['embeddings.patch_embeddings.projection.bias', 'patch.bias', 'D'],
    [`${block}.layernorm_before.weight`, 'norm1.scale', 'D'],
    [`${block}.layernorm_before.bias`, 'norm1.bias', 'D'],
    [`${block}.attention.attention.query.weight`, 'query.kernel', 'D D'],
    [`${block}.attention.attention.query.bias`, 'query.bias', 'D'],
    [`${block}.attention.attention.key.weight`, 'key.kernel', 'D D'],
    [`${block}.attention.attention.value.weight`, 'value.kernel', 'D D'],
    [`${block}.attention.attention.value.bias`, 'value.bias', 'D'],
    [
      `${block}.attention.attention.relative_position_bias.relative_position_bias_table`,
      'relative_positions',
      'O H',
    ],
    [`${block}.attention.output.dense.weight`, 'proj.kernel', 'D D'],
    [`${block}.attention.output.dense.bias`, 'proj.bias', 'D'],
    [`${block}.lambda_1`, 'layer_scale1', 'D'],
    [`${block}.layernorm_after.weight`, 'norm2.scale', 'D'],
    [`${block}.layernorm_after.bias`, 'norm2.bias', 'D'],
    [`${block}.intermediate.dense.weight`, 'fc1.kernel', 'W D'],
    [`${block}.intermediate.dense.bias`, 'fc1.bias', 'W'],
    [`${block}.output.dense.weight`, 'fc2.kernel', 'D M'],
    [`${block}.output.dense.bias`, 'fc2.bias', 'D'],
    [`${block}.lambda_2`, 'layer_scale2', 'D'],
    ['layernorm.weight', 'norm.scale', 'D'],
    ['layernorm.bias', 'norm.bias', 'D'],
    ['pooler.layernorm.weight', 'fc_norm.scale', 'D'],
    ['pooler.layernorm.bias', 'fc_norm.bias', 'D'],
    ['classifier.weight', 'head.kernel', 'K F'],
    ['classifier.bias', 'head.bias', 'K'],
  ],
  // What indices say follows from the grid.
  harmless: [/^embeddings\.mask_token$/, /relative_position_index$/],
  defaults: { activation: 'gelu_erf', eps: 1e-12 },
  // Both sides are resized, bicubic, to a mean and std of 0.5.
  recipe: 'siglip',
  resample: 'huggingface',
  describedBy: 'transformers',
}
