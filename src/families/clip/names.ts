import type { TensorRow } from '../../checkpoint/plan/publisher.ts'
import type { DualPublisher } from '../dual/family.ts'
import { textShape } from '../dual/towers.ts'

type Rows = readonly TensorRow[]

/** The blocks of transformers' CLIP and SigLIP. */
const blocksOf = (scope: string): Rows => {
  const block = `${scope}encoder.layers.#`
  const linear = (name: string, slot: string, shape: string): Rows => [
    [`${block}.${name}.weight`, `${slot}.kernel`, shape],
    [`${block}.${name}.bias`, `${slot}.bias`, shape.split(' ')[0]!],
  ]
  const norm = (name: string, slot: string): Rows => [
    [`${block}.${name}.weight`, `${slot}.scale`, 'D'],
    [`${block}.${name}.bias`, `${slot}.bias`, 'D'],
  ]
  return [
    ...norm('layer_norm1', 'norm1'),
    ...linear('self_attn.q_proj', 'query', 'D D'),
    ...linear('self_attn.k_proj', 'key', 'D D'),
    ...linear('self_attn.v_proj', 'value', 'D D'),
    ...linear('self_attn.out_proj', 'proj', 'D D'),
    ...norm('layer_norm2', 'norm2'),
    ...linear('mlp.fc1', 'fc1', 'W D'),
    ...linear('mlp.fc2', 'fc2', 'D M'),
  ]
}

/** The same rows of the text tower. */
export const ofTexts = (rows: Rows): Rows =>
  rows.map(([name, slot, shape]) => [name, `text.${slot}`, textShape(shape)])

/** The towers of transformers, without what follows the last norm. */
export const transformersTowers: Rows = [
  ['vision_model.embeddings.class_embedding', 'class', 'D'],
  ['vision_model.embeddings.patch_embedding.weight', 'patch.kernel', 'D C h w'],
  ['vision_model.embeddings.patch_embedding.bias', 'patch.bias', 'D'],
  ['vision_model.embeddings.position_embedding.weight', 'position', 'P D'],
  ...blocksOf('vision_model.'),
  ['text_model.embeddings.token_embedding.weight', 'text.table', 'tV tD'],
  ['text_model.embeddings.position_embedding.weight', 'text.position', 'tP tD'],
  ...ofTexts(blocksOf('text_model.')),
  ['text_model.final_layer_norm.weight', 'text.norm.scale', 'tD'],
  ['text_model.final_layer_norm.bias', 'text.norm.bias', 'tD'],
  ['logit_scale', 'temperature', '1'],
]

/** `CLIPModel` and `CLIPVisionModelWithProjection` of transformers. */
export const huggingface: DualPublisher = {
  name: 'huggingface',
  title: 'Hugging Face',
  anchor: 'vision_model.embeddings.class_embedding',
  transposed: true,
  tensors: [
    ...transformersTowers,
    // The name is the publisher's.
    ['vision_model.pre_layrnorm.weight', 'norm_pre.scale', 'D'],
    ['vision_model.pre_layrnorm.bias', 'norm_pre.bias', 'D'],
    ['vision_model.post_layernorm.weight', 'fc_norm.scale', 'D'],
    ['vision_model.post_layernorm.bias', 'fc_norm.bias', 'D'],
    ['visual_projection.weight', 'projection.kernel', 'E D'],
    ['text_projection.weight', 'text.head.kernel', 'tK tF'],
  ],
  harmless: [/position_ids$/],
  defaults: { classifier: 'token', eps: 1e-5 },
  recipe: 'clip',
  resample: 'huggingface',
  describedBy: 'transformers',
}

/** An image tower by itself, as newer versions of transformers save it: without `vision_model.` before its names. */
export const towerAlone = (whole: DualPublisher, anchor: string): DualPublisher => ({
  ...whole,
  anchor,
  tensors: whole.tensors.flatMap(([name, slot, shape]): TensorRow[] =>
    name.startsWith('vision_model.')
      ? [[name.slice('vision_model.'.length), slot, shape]]
      : name.startsWith('visual_projection.')
        ? [[name, slot, shape]]
        : [],
  ),
})

const blocks = (scope: string): Rows => {
  const block = `${scope}transformer.resblocks.#`
  return [
    [`${block}.ln_1.weight`, 'norm1.scale', 'D'],
    [`${block}.ln_1.bias`, 'norm1.bias', 'D'],
    [`${block}.attn.in_proj_weight`, 'qkv.kernel', '3D D'],
    [`${block}.attn.in_proj_bias`, 'qkv.bias', '3D'],
    [`${block}.attn.out_proj.weight`, 'proj.kernel', 'D D'],
    [`${block}.attn.out_proj.bias`, 'proj.bias', 'D'],
    [`${block}.ln_2.weight`, 'norm2.scale', 'D'],
    [`${block}.ln_2.bias`, 'norm2.bias', 'D'],
    [`${block}.mlp.c_fc.weight`, 'fc1.kernel', 'W D'],
    [`${block}.mlp.c_fc.bias`, 'fc1.bias', 'W'],
    [`${block}.mlp.c_proj.weight`, 'fc2.kernel', 'D M'],
    [`${block}.mlp.c_proj.bias`, 'fc2.bias', 'D'],
  ]
}

/** The text tower of open_clip. @param scope what its names begin with: `text.` in a `CustomTextCLIP` */
export const openClipTexts = (scope: string): Rows => [
  [`${scope}token_embedding.weight`, 'text.table', 'tV tD'],
  [`${scope}positional_embedding`, 'text.position', 'tP tD'],
  ...ofTexts(blocks(scope)),
  [`${scope}ln_final.weight`, 'text.norm.scale', 'tD'],
  [`${scope}ln_final.bias`, 'text.norm.bias', 'tD'],
  ['logit_scale', 'temperature', '1'],
]

/** OpenAI's CLIP and open_clip's. Both projections are stored `[in, out]`. */
export const openClip: DualPublisher = {
  name: 'open_clip',
  title: 'open_clip',
  anchor: 'visual.class_embedding',
  // Perception Encoder has it.
  without: /^visual\.attn_pool\.probe$/,
  transposed: true,
  tensors: [
    ['visual.class_embedding', 'class', 'D'],
    ['visual.conv1.weight', 'patch.kernel', 'D C h w'],
    ['visual.positional_embedding', 'position', 'P D'],
    ['visual.ln_pre.weight', 'norm_pre.scale', 'D'],
    ['visual.ln_pre.bias', 'norm_pre.bias', 'D'],
    ...blocks('visual.'),
    ['visual.ln_post.weight', 'fc_norm.scale', 'D'],
    ['visual.ln_post.bias', 'fc_norm.bias', 'D'],
    ['visual.proj', 'projection.matrix', 'D E'],
    ...openClipTexts(''),
    ...openClipTexts('text.').filter(([name]) => name.startsWith('text.')),
    ['text_projection', 'text.head.matrix', 'tF tK'],
    ['text.text_projection', 'text.head.matrix', 'tF tK'],
  ],
  harmless: [/attn_mask$/, /^(input_resolution|context_length|vocab_size)$/],
  defaults: { classifier: 'token', eps: 1e-5, cleaning: 'lower' },
  recipe: 'clip',
  resample: 'timm',
  describedBy: 'open_clip',
}
