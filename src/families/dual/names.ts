import type { TensorRow } from '../../checkpoint/plan/publisher.ts'
import { ownNames as visionNames } from '../vision/names/own.ts'
import { textShape } from './towers.ts'

/** The rows of a text tower whose blocks have names of timm after `text.`. */
const text: readonly TensorRow[] = [
  ['text.token_embed.weight', 'text.table', 'tV tD'],
  ['text.pos_embed', 'text.position', 'tP tD'],
  ...visionNames
    .filter(([name]) => /^blocks\.#\.(norm[12]|attn\.(qkv|proj)|mlp\.fc[12])\./.test(name))
    .map(([name, slot, shape]): TensorRow => [`text.${name}`, `text.${slot}`, textShape(shape)]),
  ['text.norm.weight', 'text.norm.scale', 'tD'],
  ['text.norm.bias', 'text.norm.bias', 'tD'],
  ['text.head.weight', 'text.head.kernel', 'tK tF'],
  ['text.head.bias', 'text.head.bias', 'tK'],
]

/** The names of files of ours: those of an image tower, those of a text tower after `text.`, and what compares them. */
export const ownNames: readonly TensorRow[] = [
  ...visionNames,
  ...text,
  ['logit_scale', 'temperature', '1'],
  ['logit_bias', 'similarity_bias', '1'],
]
