import type { ModelConfig } from '../../checkpoint/model-config.ts'
import { type Field, type Fields, flag, isArrayOf, oneOf, whole } from '../../fields.ts'

export const classifiers = ['token', 'gap', 'unpooled', 'token_unpooled'] as const
export const gelus = ['tanh', 'erf'] as const

/**
 * The input of the head: `token`, the class token; `gap`, the mean of the patch tokens; `unpooled`, every patch token;
 * `token_unpooled`, every token, the class token too.
 */
export type Classifier = (typeof classifiers)[number]

/** The two forms of GELU in use: flax's default is `tanh`, timm and Hugging Face mostly use `erf`. */
export type Gelu = (typeof gelus)[number]

/** A transformer over a grid of patches, whatever the patches are cut from: an image, or the features of another net. */
export interface EncoderConfig {
  /** Height and width, in positions, of what patches are cut from; in pixels for an image. From 1. */
  imageSize: readonly [height: number, width: number]
  /** Channels of what patches are cut from. */
  channels: number
  /**
   * Height and width of a patch in pixels, from 1. With other sides than those of the checkpoint, the kernel is resized as
   * FlexiViT does it.
   */
  patchSize: readonly [height: number, width: number]
  /** Length of a token (D), from 1; a multiple of `heads`. */
  width: number
  /** Number of encoder blocks (L), from 1. */
  depth: number
  /** Attention heads of a block, from 1. */
  heads: number
  /** Hidden width of a block's MLP (M), from 1. */
  mlpWidth: number
  /** What the head reads. */
  classifier: Classifier
  /** Whether a class token precedes the patch tokens. */
  classToken: boolean
  /** Whether DeiT's distillation token follows the class token; the logits of its head and of the other are averaged. */
  distilled: boolean
  /** Width of the layer before the head (`pre_logits`: dense, then tanh), 0 for none. */
  representation: number
  /** Number of classes of the head, 0 for a model without a head. */
  classes: number
  /** The form of GELU in the MLPs. */
  gelu: Gelu
  /** Epsilon of all layer norms, from 0. */
  eps: number
  /** Whether queries, keys and values have biases. */
  qkvBias: boolean
  /** Whether the last norm acts on the pooled token (timm's `fc_norm`) instead of all tokens before pooling. */
  normAfterPool: boolean
}

/**
 * The structure of a plain Vision Transformer (Dosovitskiy et al. 2021). The tensors of a checkpoint and the files
 * beside it determine it; the option `config` of `load` overrides single fields.
 */
export interface ViTConfig extends EncoderConfig, ModelConfig {
  /** Always `vit`. */
  family: 'vit'
  /** Height and width of the input in pixels, from 1. Pixels beyond the last whole patch are ignored. */
  imageSize: readonly [height: number, width: number]
  /** Channels of the input: 3 for RGB; 1 for grey, computed from RGB as Pillow's `convert('L')` does. */
  channels: 1 | 3
}

export const sides: Field = {
  wanted: 'two whole numbers from 1, [height, width]',
  valid: (value) => isArrayOf(value, whole(1).valid) && value.length === 2,
}

export const channelsField: Field = {
  wanted: '3 (RGB) or 1 (grey)',
  valid: (value) => value === 1 || value === 3,
}

export const fromZero: Field = {
  wanted: 'a number from 0',
  valid: (value) => Number.isFinite(value) && Number(value) >= 0,
}

export const encoderFields: Fields<EncoderConfig> = {
  imageSize: sides,
  channels: whole(1),
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
  eps: fromZero,
  qkvBias: flag,
  normAfterPool: flag,
}

export const configFields: Fields<ViTConfig> = {
  family: oneOf('vit'),
  ...encoderFields,
  channels: channelsField,
}
