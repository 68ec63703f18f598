import type { VisionPublisher } from '../vision/family.ts'
import type { VisionRow } from '../vision/names/own.ts'

const block = 'encoder.layer.#'

const attention = (['query', 'key', 'value'] as const).flatMap((name): VisionRow[] => [
  [`${block}.attention.attention.${name}.weight`, `${name}.kernel`, 'D D'],
  [`${block}.attention.attention.${name}.bias`, `${name}.bias`, 'D'],
])

/** `Dinov2Model` and `Dinov2WithRegistersModel` of transformers. */
export const huggingface: VisionPublisher = {
  name: 'huggingface',
  title: 'Hugging Face',
  anchor: 'embeddings.patch_embeddings.projection.weight',
  transposed: true,
  tensors: [
    ['embeddings.cls_token', 'class', '1 1 D'],
    ['embeddings.register_tokens', 'registers', '1 R D'],
    ['embeddings.position_embeddings', 'position', '1 P D'],
    ['embeddings.patch_embeddings.projection.weight', 'patch.kernel', 'D C h w'],
    ['embeddings.patch_embeddings.projection.bias', 'patch.bias', 'D'],
    [`${block}.norm1.weight`, 'norm1.scale', 'D'],
    [`${block}.norm1.bias`, 'norm1.bias', 'D'],
    ...attention,
    [`${block}.attention.output.dense.weight`, 'proj.kernel', 'D D'],
    [`${block}.attention.output.dense.bias`, 'proj.bias', 'D'],
    [`${block}.layer_scale1.lambda1`, 'layer_scale1', 'D'],
    [`${block}.norm2.weight`, 'norm2.scale', 'D'],
    [`${block}.norm2.bias`, 'norm2.bias', 'D'],
    [`${block}.mlp.fc1.weight`, 'fc1.kernel', 'W D'],
    [`${block}.mlp.fc1.bias`, 'fc1.bias', 'W'],
    [`${block}.mlp.weights_in.weight`, 'fc1.kernel', 'W D'],
    [`${block}.mlp.weights_in.bias`, 'fc1.bias', 'W'],
    [`${block}.mlp.fc2.weight`, 'fc2.kernel', 'D M'],
    [`${block}.mlp.fc2.bias`, 'fc2.bias', 'D'],
    [`${block}.mlp.weights_out.weight`, 'fc2.kernel', 'D M'],
    [`${block}.mlp.weights_out.bias`, 'fc2.bias', 'D'],
    [`${block}.layer_scale2.lambda1`, 'layer_scale2', 'D'],
    ['layernorm.weight', 'norm.scale', 'D'],
    ['layernorm.bias', 'norm.bias', 'D'],
    // Its classifier reads the class token and the mean of the patches.
    ['classifier.weight', 'both_heads.kernel', 'K 2D'],
    ['classifier.weight', 'head.kernel', 'K F'],
    ['classifier.bias', 'head.bias', 'K'],
  ],
  harmless: [/^embeddings\.mask_token$/],
  defaults: { activation: 'gelu_erf', eps: 1e-6 },
  recipe: 'dinov2',
  resample: 'huggingface',
  describedBy: 'transformers',
}

/** facebookresearch/dinov2. */
export const meta: VisionPublisher = {
  name: 'meta',
  title: 'facebookresearch/dinov2',
  anchor: 'patch_embed.proj.weight',
  // DINOv3's have them.
  without: /^storage_tokens$/,
  transposed: true,
  tensors: [
    ['cls_token', 'class', '1 1 D'],
    ['register_tokens', 'registers', '1 R D'],
    ['pos_embed', 'position', '1 P D'],
    ['patch_embed.proj.weight', 'patch.kernel', 'D C h w'],
    ['patch_embed.proj.bias', 'patch.bias', 'D'],
    ['blocks.#.norm1.weight', 'norm1.scale', 'D'],
    ['blocks.#.norm1.bias', 'norm1.bias', 'D'],
    ['blocks.#.attn.qkv.weight', 'qkv.kernel', '3D D'],
    ['blocks.#.attn.qkv.bias', 'qkv.bias', '3D'],
    ['blocks.#.attn.proj.weight', 'proj.kernel', 'D D'],
    ['blocks.#.attn.proj.bias', 'proj.bias', 'D'],
    ['blocks.#.ls1.gamma', 'layer_scale1', 'D'],
    ['blocks.#.norm2.weight', 'norm2.scale', 'D'],
    ['blocks.#.norm2.bias', 'norm2.bias', 'D'],
    ['blocks.#.mlp.fc1.weight', 'fc1.kernel', 'W D'],
    ['blocks.#.mlp.fc1.bias', 'fc1.bias', 'W'],
    ['blocks.#.mlp.w12.weight', 'fc1.kernel', 'W D'],
    ['blocks.#.mlp.w12.bias', 'fc1.bias', 'W'],
    ['blocks.#.mlp.fc2.weight', 'fc2.kernel', 'D M'],
    ['blocks.#.mlp.fc2.bias', 'fc2.bias', 'D'],
    ['blocks.#.mlp.w3.weight', 'fc2.kernel', 'D M'],
    ['blocks.#.mlp.w3.bias', 'fc2.bias', 'D'],
    ['blocks.#.ls2.gamma', 'layer_scale2', 'D'],
    ['norm.weight', 'norm.scale', 'D'],
    ['norm.bias', 'norm.bias', 'D'],
    ['head.weight', 'head.kernel', 'K F'],
    ['head.bias', 'head.bias', 'K'],
  ],
  harmless: [/^mask_token$/],
  defaults: { activation: 'gelu_erf', eps: 1e-6 },
  recipe: 'timm-dinov2',
  resample: 'timm',
}
