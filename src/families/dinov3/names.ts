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
