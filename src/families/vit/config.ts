import type { ModelConfig } from '../../checkpoint/model-config.ts'
import { type Field, type Fields, flag, isArrayOf, oneOf, whole } from '../../fields.ts'

export const classifiers = ['token', 'gap', 'unpooled', 'token_unpooled'] as const
export const gelus = ['tanh', 'erf'] as const

/** How the tokens of the last block become logits. */
export type Classifier = (typeof classifiers)[number]

/** The two forms of GELU in use: flax's default is `tanh`, timm and Hugging Face mostly use `erf`. */
export type Gelu = (typeof gelus)[number]

/** Everything that decides the program of a plain Vision Transformer (Dosovitskiy et al. 2021). */
export interface ViTConfig extends ModelConfig {
  family: 'vit'
  /** Input height and width in pixels. A remainder that does not fill a patch is ignored. */
  imageSize: readonly [height: number, width: number]
  /** Channels of the input: 3 for RGB, 1 for grey. */
  channels: 1 | 3
  patchSize: readonly [height: number, width: number]
  /** Length of a token (D). */
  width: number
  /** Number of encoder blocks (L). */
  depth: number
  heads: number
  /** Hidden width of the MLP of each block (M). */
  mlpWidth: number
  classifier: Classifier
  /** A class token stands before the patch tokens. */
  classToken: boolean
  /** DeiT's distillation token stands after the class token; its head is averaged with the other. */
  distilled: boolean
  /** Width of the dense + tanh layer before the head (`pre_logits`), 0 for none. */
  representation: number
  /** Number of classes of the head, 0 for a model without a head. */
  classes: number
  gelu: Gelu
  /** Epsilon of every layer norm. */
  eps: number
  /** Queries, keys and values have biases. */
  qkvBias: boolean
  /** The final norm acts on the pooled token (timm's `fc_norm`), not on all tokens before the pooling. */
  normAfterPool: boolean
}

const sides: Field = {
  wanted: 'two whole numbers from 1, [height, width]',
  valid: (value) => isArrayOf(value, whole(1).valid) && value.length === 2,
}

export const configFields: Fields<ViTConfig> = {
  family: oneOf('vit'),
  imageSize: sides,
  channels: { wanted: '3 (RGB) or 1 (grey)', valid: (value) => value === 1 || value === 3 },
  patchSize: sides,
  width: whole(1),
  depth: whole(1),
  heads: whole(1),
  mlpWidth: whole(1),
  classifier: oneOf(...classifiers),
  classToken: flag,
  distilled: flag,
  representation: whole(0),
  classes: whole(0),
  gelu: oneOf(...gelus),
  eps: {
    wanted: 'a number from 0',
    valid: (value) => Number.isFinite(value) && Number(value) >= 0,
  },
  qkvBias: flag,
  normAfterPool: flag,
}
