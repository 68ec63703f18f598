import type { TensorRow } from '../../../checkpoint/plan/publisher.ts'
import type { Slot } from '../slots.ts'

/** A tensor of a table of names of these models. */
export type VisionRow = TensorRow<Slot>

/**
 * The names of files of ours: timm's where it has one and stores it so. Queries, keys and values are one kernel; biases
 * are apart where keys have none; gate and value are one kernel.
 */
export const ownNames: readonly VisionRow[] = [
  ['cls_token', 'class', '1 1 D'],
  ['reg_token', 'registers', '1 R D'],
  ['pos_embed', 'position', '1 P D'],
  ['patch_embed.proj.weight', 'patch.kernel', 'D C h w'],
  ['patch_embed.proj.bias', 'patch.bias', 'D'],
  ['patch_embed.norm.weight', 'patch_norm.scale', 'D'],
  ['patch_embed.norm.bias', 'patch_norm.bias', 'D'],
  ['norm_pre.weight', 'norm_pre.scale', 'D'],
  ['norm_pre.bias', 'norm_pre.bias', 'D'],
  ['blocks.#.norm1.weight', 'norm1.scale', 'D'],
  ['blocks.#.norm1.bias', 'norm1.bias', 'D'],
  ['blocks.#.attn.qkv.weight', 'qkv.kernel', '3D D'],
  ['blocks.#.attn.qkv.bias', 'qkv.bias', '3D'],
  ['blocks.#.attn.q_bias', 'query.bias', 'D'],
  ['blocks.#.attn.v_bias', 'value.bias', 'D'],
  ['blocks.#.attn.relative_position_bias_table', 'relative_positions', 'O H'],
  ['blocks.#.attn.norm.weight', 'attention_norm.scale', 'D'],
  ['blocks.#.attn.norm.bias', 'attention_norm.bias', 'D'],
  ['blocks.#.attn.proj.weight', 'proj.kernel', 'D D'],
  ['blocks.#.attn.proj.bias', 'proj.bias', 'D'],
  ['blocks.#.ls1.gamma', 'layer_scale1', 'D'],
  ['blocks.#.norm2.weight', 'norm2.scale', 'D'],
  ['blocks.#.norm2.bias', 'norm2.bias', 'D'],
  ['blocks.#.mlp.fc1.weight', 'fc1.kernel', 'W D'],
  ['blocks.#.mlp.fc1.bias', 'fc1.bias', 'W'],
  ['blocks.#.mlp.norm.weight', 'mlp_norm.scale', 'M'],
  ['blocks.#.mlp.norm.bias', 'mlp_norm.bias', 'M'],
  ['blocks.#.mlp.fc2.weight', 'fc2.kernel', 'D M'],
  ['blocks.#.mlp.fc2.bias', 'fc2.bias', 'D'],
  ['blocks.#.ls2.gamma', 'layer_scale2', 'D'],
  ['norm.weight', 'norm.scale', 'D'],
  ['norm.bias', 'norm.bias', 'D'],
  ['fc_norm.weight', 'fc_norm.scale', 'D'],
  ['fc_norm.bias', 'fc_norm.bias', 'D'],
  ['attn_pool.latent', 'map.probe', '1 1 D'],
  ['attn_pool.q.weight', 'map.query.kernel', 'D D'],
  ['attn_pool.q.bias', 'map.query.bias', 'D'],
  ['attn_pool.kv.weight', 'map.key_value.kernel', '2D D'],
  ['attn_pool.kv.bias', 'map.key_value.bias', '2D'],
  ['attn_pool.proj.weight', 'map.proj.kernel', 'D D'],
  ['attn_pool.proj.bias', 'map.proj.bias', 'D'],
  ['attn_pool.norm.weight', 'map.norm.scale', 'D'],
  ['attn_pool.norm.bias', 'map.norm.bias', 'D'],
  ['attn_pool.mlp.fc1.weight', 'map.fc1.kernel', 'mM D'],
  ['attn_pool.mlp.fc1.bias', 'map.fc1.bias', 'mM'],
  ['attn_pool.mlp.fc2.weight', 'map.fc2.kernel', 'D mM'],
  ['attn_pool.mlp.fc2.bias', 'map.fc2.bias', 'D'],
  ['projection.weight', 'projection.kernel', 'E D'],
  ['head.weight', 'head.kernel', 'K F'],
  ['head_both.weight', 'both_heads.kernel', 'K 2D'],
  ['head.bias', 'head.bias', 'K'],
]
