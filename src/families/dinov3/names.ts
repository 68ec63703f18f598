import type { VisionPublisher } from '../vision/family.ts'
import type { VisionRow } from '../vision/names/own.ts'

const block = 'layer.#'

const linear = (name: string, slot: 'query' | 'key' | 'value' | 'proj', shape: string) =>
  [
    [`${block}.attention.${name}.weight`, `${slot}.kernel`, shape],
    [`${block}.attention.${name}.bias`, `${slot}.bias`, 'D'],
  ] as const satisfies readonly VisionRow[]

/** `DINOv3ViTModel` of transformers. */
export const huggingface: VisionPublisher = {
  name: 'huggingface',
  title: 'Hugging Face',
  anchor: 'embeddings.patch_embeddings.weight',
  transposed: true,
  tensors: [
    ['embeddings.cls_token', 'class', '1 1 D'],
    ['embeddings.register_tokens', 'registers', '1 R D'],
    ['embeddings.patch_embeddings.weight', 'patch.kernel', 'D C h w'],
    ['embeddings.patch_embeddings.bias', 'patch.bias', 'D'],
    [`${block}.norm1.weight`, 'norm1.scale', 'D'],
    [`${block}.norm1.bias`, 'norm1.bias', 'D'],
    ...linear('q_proj', 'query', 'D D'),
    ...linear('k_proj', 'key', 'D D'),
    ...linear('v_proj', 'value', 'D D'),
    ...linear('o_proj', 'proj', 'D D'),
    [`${block}.layer_scale1.lambda1`, 'layer_scale1', 'D'],
    [`${block}.norm2.weight`, 'norm2.scale', 'D'],
    [`${block}.norm2.bias`, 'norm2.bias', 'D'],
    // A gated MLP's up_proj is the value; another's is the first layer.
    [`${block}.mlp.gate_proj.weight`, 'gate.kernel', 'M D'],
    [`${block}.mlp.gate_proj.bias`, 'gate.bias', 'M'],
    [`${block}.mlp.up_proj.weight`, 'up.kernel', 'M D'],
    [`${block}.mlp.up_proj.bias`, 'up.bias', 'M'],
    [`${block}.mlp.up_proj.weight`, 'fc1.kernel', 'W D'],
    [`${block}.mlp.up_proj.bias`, 'fc1.bias', 'W'],
    [`${block}.mlp.down_proj.weight`, 'fc2.kernel', 'D M'],
    [`${block}.mlp.down_proj.bias`, 'fc2.bias', 'D'],
    [`${block}.layer_scale2.lambda1`, 'layer_scale2', 'D'],
    ['norm.weight', 'norm.scale', 'D'],
    ['norm.bias', 'norm.bias', 'D'],
    ['classifier.weight', 'head.kernel', 'K F'],
    ['classifier.bias', 'head.bias', 'K'],
  ],
  harmless: [/^embeddings\.mask_token$/],
  defaults: { rope: 'centred', ropeBase: 100, eps: 1e-5 },
  recipe: 'dinov3',
  resample: 'huggingface',
  describedBy: 'transformers',
}

/**
 * facebookresearch/dinov3. Its code multiplies the biases of queries, keys and values by a mask that is in the file; the
 * wavelengths of its rotations follow from `ropeBase`.
 */
export const meta: VisionPublisher = {
  name: 'meta',
  title: 'facebookresearch/dinov3',
  anchor: 'patch_embed.proj.weight',
  transposed: true,
  tensors: [
    ['cls_token', 'class', '1 1 D'],
    ['storage_tokens', 'registers', '1 R D'],
    ['patch_embed.proj.weight', 'patch.kernel', 'D C h w'],
    ['patch_embed.proj.bias', 'patch.bias', 'D'],
    ['blocks.#.norm1.weight', 'norm1.scale', 'D'],
    ['blocks.#.norm1.bias', 'norm1.bias', 'D'],
    ['blocks.#.attn.qkv.weight', 'qkv.kernel', '3D D'],
    ['blocks.#.attn.qkv.bias', 'masked_qkv.bias', '3D'],
    ['blocks.#.attn.qkv.bias_mask', 'qkv_mask', '3D'],
    ['blocks.#.attn.qkv.bias', 'qkv.bias', '3D'],
    ['blocks.#.attn.proj.weight', 'proj.kernel', 'D D'],
    ['blocks.#.attn.proj.bias', 'proj.bias', 'D'],
    ['blocks.#.ls1.gamma', 'layer_scale1', 'D'],
    ['blocks.#.norm2.weight', 'norm2.scale', 'D'],
    ['blocks.#.norm2.bias', 'norm2.bias', 'D'],
    ['blocks.#.mlp.w1.weight', 'gate.kernel', 'M D'],
    ['blocks.#.mlp.w1.bias', 'gate.bias', 'M'],
    ['blocks.#.mlp.w2.weight', 'up.kernel', 'M D'],
    ['blocks.#.mlp.w2.bias', 'up.bias', 'M'],
    ['blocks.#.mlp.w3.weight', 'fc2.kernel', 'D M'],
    ['blocks.#.mlp.w3.bias', 'fc2.bias', 'D'],
    ['blocks.#.mlp.fc1.weight', 'fc1.kernel', 'W D'],
    ['blocks.#.mlp.fc1.bias', 'fc1.bias', 'W'],
    ['blocks.#.mlp.fc2.weight', 'fc2.kernel', 'D M'],
    ['blocks.#.mlp.fc2.bias', 'fc2.bias', 'D'],
    ['blocks.#.ls2.gamma', 'layer_scale2', 'D'],
    ['norm.weight', 'norm.scale', 'D'],
    ['norm.bias', 'norm.bias', 'D'],
  ],
  // A norm for training only; heads of EUPE's distillation.
  harmless: [/^mask_token$/, /^rope_embed\.periods$/, /^local_cls_norm\./, /^projectors\./],
  defaults: { rope: 'centred', ropeBase: 100, eps: 1e-5, activation: 'gelu_erf' },
  recipe: 'dinov3',
  resample: 'huggingface',
}
