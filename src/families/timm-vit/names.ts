import type { VisionPublisher } from '../vision/family.ts'
import { ownNames, type VisionRow } from '../vision/names/own.ts'

/** What files of ours have, and those of timm have otherwise. */
const notTimm =
  /^(projection|head|head_both)\.|^blocks\.#\.attn\.relative_position|^patch_embed\.norm\./

const rows: readonly VisionRow[] = [
  ...ownNames.filter(([name]) => !notTimm.test(name)),
  ['blocks.#.attn.q_proj.weight', 'query.kernel', 'D D'],
  ['blocks.#.attn.q_proj.bias', 'query.bias', 'D'],
  ['blocks.#.attn.k_proj.weight', 'key.kernel', 'D D'],
  ['blocks.#.attn.k_proj.bias', 'key.bias', 'D'],
  ['blocks.#.attn.v_proj.weight', 'value.kernel', 'D D'],
  ['blocks.#.attn.v_proj.bias', 'value.bias', 'D'],
  ['blocks.#.gamma_1', 'layer_scale1', 'D'],
  ['blocks.#.mlp.fc1_g.weight', 'gate.kernel', 'M D'],
  ['blocks.#.mlp.fc1_g.bias', 'gate.bias', 'M'],
  ['blocks.#.mlp.fc1_x.weight', 'up.kernel', 'M D'],
  ['blocks.#.mlp.fc1_x.bias', 'up.bias', 'M'],
  ['blocks.#.gamma_2', 'layer_scale2', 'D'],
  ['head.weight', 'head.kernel', 'K F'],
  ['head.bias', 'head.bias', 'K'],
]

/** The names of timm's `VisionTransformer` and `Eva`. */
export const timm: VisionPublisher = {
  name: 'timm',
  title: 'timm',
  anchor: 'patch_embed.proj.weight',
  // DINOv3's own files have them.
  without: /^storage_tokens$/,
  transposed: true,
  tensors: rows,
  harmless: [/^mask_token$/],
  defaults: { activation: 'gelu_erf', eps: 1e-6 },
  recipe: 'timm',
  resample: 'timm',
  describedBy: 'timm',
}
