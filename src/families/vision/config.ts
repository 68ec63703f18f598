import type { ModelConfig } from '../../checkpoint/model-config.ts'
import { type Field, type Fields, flag, oneOf, whole } from '../../fields.ts'
import { channelsField, fromZero, sides } from '../vit/config.ts'
import type { VisionFamilyName } from './members.ts'

export const pools = ['token', 'gap', 'token_gap', 'map', 'unpooled', 'token_unpooled'] as const
export const activations = ['gelu_tanh', 'gelu_erf', 'quick_gelu', 'silu'] as const
export const ropes = ['none', 'centred', 'indexed', 'indexed_xy'] as const

/**
 * What becomes of the tokens: `token`, the class token; `gap`, the mean of the patch tokens; `token_gap`, both, one
 * after the other; `map`, attention pooling by a learned query (Zhai et al. 2022); `unpooled`, every patch token;
 * `token_unpooled`, every token, those before the patches too.
 */
export type Pool = (typeof pools)[number]

export type BlockActivation = (typeof activations)[number]

/**
 * How queries and keys of patches are rotated by their place in the grid (Su et al. 2021): not at all; `centred`,
 * coordinates from -1 to 1 (DINOv3); `indexed`, the index of rows and columns scaled to `ropeGrid` (EVA-02);
 * `indexed_xy`, counted from 1 and columns first (Perception Encoder).
 */
export type Rope = (typeof ropes)[number]

/** The structure of a transformer over patches, with the variations of the ViT's relatives. */
export interface VisionTower {
  /** Height and width of the input in pixels, from 1. Pixels beyond the last whole patch are ignored. */
  imageSize: readonly [height: number, width: number]
  /** Channels of the input: 3 for RGB; 1 for grey, computed from RGB as Pillow's `convert('L')` does. */
  channels: 1 | 3
  /**
   * Height and width of a patch in pixels, from 1. With other sides than those of the checkpoint, the kernel is resized as
   * FlexiViT does it.
   */
  patchSize: readonly [height: number, width: number]
  /** Length of a token (D), from 1; a multiple of `heads`. */
  width: number
  /** Number of blocks (L), from 1. */
  depth: number
  /** Attention heads of a block, from 1. */
  heads: number
  /** Hidden width of a block's MLP (M), from 1; of a gated one, that of the product. */
  mlpWidth: number
  /** The activation of the MLPs; of a gated one, that of the gate. */
  activation: BlockActivation
  /** Whether an MLP multiplies a gate and a value (SwiGLU, Shazeer 2020). */
  gated: boolean
  /** The kind of all norms: layer norm, or RMS norm without mean and bias. */
  norm: 'layer' | 'rms'
  /** Epsilon of all norms, from 0. */
  eps: number
  /** Whether the projection of patches has a bias. */
  patchBias: boolean
  /** Whether patches are normed before positions are added. */
  patchNorm: boolean
  /** Whether a class token precedes the patch tokens. */
  classToken: boolean
  /** Number of register tokens (Darcet et al. 2024) between class token and patches, from 0. */
  registers: number
  /** Whether learned positions are added to the tokens. */
  positions: boolean
  /** Whether tokens are normed before the first block. */
  preNorm: boolean
  /** Whether queries, keys and values have biases; or all but the keys. */
  qkvBias: boolean | 'query_value'
  /** Whether the other linear layers of the blocks have biases. */
  bias: boolean
  /** How queries and keys of patches are rotated by their place. */
  rope: Rope
  /** The base of the geometric series of wavelengths of `rope`, above 0. */
  ropeBase: number
  /** The grid of which `indexed` coordinates are parts: rows and columns, from 1. */
  ropeGrid: readonly [rows: number, columns: number]
  /** Whether attention adds a learned bias for each offset in the grid, in each block (BEiT). */
  relativePositions: boolean
  /** Whether the output of attention is normed before its projection. */
  attentionNorm: boolean
  /** Whether the hidden values of an MLP are normed before its last layer. */
  mlpNorm: boolean
  /** Whether each branch of a block is multiplied by a learned vector (LayerScale, Touvron et al. 2021). */
  layerScale: boolean
  /** What the last norm acts on: all tokens, the pooled one, or none. */
  finalNorm: 'tokens' | 'pooled' | 'none'
  /** What becomes of the tokens. */
  classifier: Pool
  /** Attention heads of the pool `map`, from 1. */
  mapHeads: number
  /** Hidden width of the MLP of the pool `map`, from 1. */
  mapMlpWidth: number
  /** Length of the embedding that pooled tokens are projected to, without a bias; 0 for no projection. */
  projection: number
  /** Number of classes of the head, 0 for a model without a head. */
  classes: number
}

/**
 * A model that is such a transformer. Its files and what lies beside them determine the config; the option `config` of
 * `load` overrides single fields.
 */
export interface VisionConfig extends VisionTower, ModelConfig {
  family: VisionFamilyName
  imageSize: readonly [height: number, width: number]
  channels: 1 | 3
  classes: number
}

const above: Field = {
  wanted: 'a number above 0',
  valid: (value) => Number.isFinite(value) && Number(value) > 0,
}

const biases: Field = {
  wanted: "true, false, or 'query_value'",
  valid: (value) => typeof value === 'boolean' || value === 'query_value',
}

export const towerFields: Fields<VisionTower> = {
  imageSize: sides,
  channels: channelsField,
  patchSize: sides,
  width: whole(1),
  depth: whole(1),
  heads: whole(1),
  mlpWidth: whole(1),
  activation: oneOf(...activations),
  gated: flag,
  norm: oneOf('layer', 'rms'),
  eps: fromZero,
  patchBias: flag,
  patchNorm: flag,
  classToken: flag,
  registers: whole(0),
  positions: flag,
  preNorm: flag,
  qkvBias: biases,
  bias: flag,
  rope: oneOf(...ropes),
  ropeBase: above,
  ropeGrid: sides,
  relativePositions: flag,
  attentionNorm: flag,
  mlpNorm: flag,
  layerScale: flag,
  finalNorm: oneOf('tokens', 'pooled', 'none'),
  classifier: oneOf(...pools),
  mapHeads: whole(1),
  mapMlpWidth: whole(1),
  projection: whole(0),
  classes: whole(0),
}

/** The fields of a family of that name. */
export const visionFields = (family: VisionFamilyName): Fields<VisionConfig> => ({
  family: oneOf(family),
  ...towerFields,
})

/** Tokens before those of the patches: the class token, then the registers. */
export const prefixTokens = (config: Pick<VisionTower, 'classToken' | 'registers'>): number =>
  Number(config.classToken) + config.registers
