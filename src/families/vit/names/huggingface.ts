import type { VitPublisher, VitRow } from './publisher.ts'

const block = 'encoder.layer.#'
const projections = ['query', 'key', 'value'] as const

const attention = projections.flatMap((name): VitRow[] => [
  [`${block}.attention.attention.${name}.weight`, `${name}.kernel`, 'D D'],
  [`${block}.attention.attention.${name}.bias`, `${name}.bias`, 'D'],
])

/** What the modules of transformers 5 are called, which `state_dict()` shows and `save_pretrained` hides. */
const block5 = 'layers.#'
const blocks5: readonly VitRow[] = [
  [`${block5}.layernorm_before.weight`, 'norm1.scale', 'D'],
  [`${block5}.layernorm_before.bias`, 'norm1.bias', 'D'],
  ...projections.flatMap((name): VitRow[] => [
    [`${block5}.attention.${name[0]}_proj.weight`, `${name}.kernel`, 'D D'],
    [`${block5}.attention.${name[0]}_proj.bias`, `${name}.bias`, 'D'],
  ]),
  [`${block5}.attention.o_proj.weight`, 'proj.kernel', 'D D'],
  [`${block5}.attention.o_proj.bias`, 'proj.bias', 'D'],
  [`${block5}.layernorm_after.weight`, 'norm2.scale', 'D'],
  [`${block5}.layernorm_after.bias`, 'norm2.bias', 'D'],
  [`${block5}.mlp.fc1.weight`, 'fc1.kernel', 'M D'],
  [`${block5}.mlp.fc1.bias`, 'fc1.bias', 'M'],
  [`${block5}.mlp.fc2.weight`, 'fc2.kernel', 'D M'],
  [`${block5}.mlp.fc2.bias`, 'fc2.bias', 'D'],
]

/** ViT, DeiT and the encoder of ViTMAE as transformers names them. */
export const huggingface: VitPublisher = {
  name: 'huggingface',
  title: 'Hugging Face',
  anchor: 'embeddings.patch_embeddings.projection.weight',
  transposed: true,
  tensors: [
    ['embeddings.cls_token', 'class', '1 1 D'],
    ['embeddings.distillation_token', 'distillation', '1 1 D'],
    ['embeddings.position_embeddings', 'position', '1 P D'],
    ['embeddings.patch_embeddings.projection.weight', 'patch.kernel', 'D C h w'],
    ['embeddings.patch_embeddings.projection.bias', 'patch.bias', 'D'],
    [`${block}.layernorm_before.weight`, 'norm1.scale', 'D'],
    [`${block}.layernorm_before.bias`, 'norm1.bias', 'D'],
    ...attention,
    [`${block}.attention.output.dense.weight`, 'proj.kernel', 'D D'],
    [`${block}.attention.output.dense.bias`, 'proj.bias', 'D'],
    [`${block}.layernorm_after.weight`, 'norm2.scale', 'D'],
    [`${block}.layernorm_after.bias`, 'norm2.bias', 'D'],
    [`${block}.intermediate.dense.weight`, 'fc1.kernel', 'M D'],
    [`${block}.intermediate.dense.bias`, 'fc1.bias', 'M'],
    [`${block}.output.dense.weight`, 'fc2.kernel', 'D M'],
    [`${block}.output.dense.bias`, 'fc2.bias', 'D'],
    ...blocks5,
    ['layernorm.weight', 'norm.scale', 'D'],
    ['layernorm.bias', 'norm.bias', 'D'],
    ['pooler.dense.weight', 'pre_logits.kernel', 'R D'],
    ['pooler.dense.bias', 'pre_logits.bias', 'R'],
    ['classifier.weight', 'head.kernel', 'K F'],
    ['classifier.bias', 'head.bias', 'K'],
    ['cls_classifier.weight', 'head.kernel', 'K F'],
    ['cls_classifier.bias', 'head.bias', 'K'],
    ['distillation_classifier.weight', 'head_dist.kernel', 'K D'],
    ['distillation_classifier.bias', 'head_dist.bias', 'K'],
  ],
  // For masked image modelling: the token of masked patches, and the decoder.
  harmless: [/^embeddings\.mask_token$/, /^decoder\./],
  defaults: { gelu: 'erf', eps: 1e-12 },
  recipe: 'huggingface',
  resample: 'huggingface',
  describedBy: 'transformers',
  oblong: true,
}
