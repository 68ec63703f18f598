import type { ModelConfig } from '../../checkpoint/model-config.ts'
import { type Field, type Fields, flag, oneOf, whole } from '../../fields.ts'
import {
  activations,
  type BlockActivation,
  towerFields,
  type VisionConfig,
  type VisionTower,
} from '../vision/config.ts'
import { fromZero } from '../vit/config.ts'
import type { DualFamilyName } from './members.ts'

export const cleanings = ['transformers', 'lower', 'whitespace', 'canonicalize'] as const

export type Cleaning = (typeof cleanings)[number]

/**
 * The structure of a model of images and texts, whose embeddings lie in one space: CLIP (Radford et al. 2021), SigLIP
 * (Zhai et al. 2023). The fields of `VisionTower` are those of the tower for images.
 */
export interface DualConfig extends VisionTower, ModelConfig {
  family: DualFamilyName
  imageSize: readonly [height: number, width: number]
  channels: 1 | 3
  /** Always 0: classes are texts. */
  classes: 0
  /** Length of the embedding of an image or a text, from 1. */
  embedding: number
  /** Number of blocks of the text tower; 0 where the file has none. */
  textDepth: number
  /** Length of a token of the text tower, from 1; a multiple of `textHeads`. */
  textWidth: number
  /** Attention heads of one of its blocks, from 1. */
  textHeads: number
  /** Hidden width of the MLP in one of its blocks, from 1. */
  textMlpWidth: number
  /** The activation of its MLPs. */
  textActivation: BlockActivation
  /** Epsilon of its norms, from 0. */
  textEps: number
  /** Whether a token of a text sees only those before it. */
  causal: boolean
  /** Number of pieces that it knows, from 1. */
  vocabulary: number
  /** The most tokens of a text, from 1; a longer text is cut. */
  maxLength: number
  /** How a text is cleaned before it is split: as transformers does, or by one of open_clip's rules. */
  cleaning: Cleaning
  /** Whether the projection of a text to its embedding has a bias. */
  textHeadBias: boolean
  /** Whether a bias is added to similarities, and each text has a probability of its own (a sigmoid). */
  similarityBias: boolean
}

const noClasses: Field = {
  wanted: '0, since its classes are texts',
  valid: (n) => n === 0,
}

/** The fields of a family of that name. */
export const dualFields = (family: DualFamilyName): Fields<DualConfig> => ({
  ...towerFields,
  family: oneOf(family),
  classes: noClasses,
  embedding: whole(1),
  textDepth: whole(0),
  textWidth: whole(1),
  textHeads: whole(1),
  textMlpWidth: whole(1),
  textActivation: oneOf(...activations),
  textEps: fromZero,
  causal: flag,
  vocabulary: whole(1),
  maxLength: whole(1),
  cleaning: oneOf(...cleanings),
  textHeadBias: flag,
  similarityBias: flag,
})

/** The text tower as a transformer over patches, whose blocks it has; its classes are the dimensions of the embedding. */
export const textTower = (config: DualConfig): VisionTower => ({
  ...plain,
  width: config.textWidth,
  depth: config.textDepth,
  heads: config.textHeads,
  mlpWidth: config.textMlpWidth,
  activation: config.textActivation,
  eps: config.textEps,
  classes: config.embedding,
})

const plain: Omit<
  VisionConfig,
  'family' | 'width' | 'depth' | 'heads' | 'mlpWidth' | 'activation' | 'eps' | 'classes'
> = {
  imageSize: [1, 1],
  channels: 3,
  patchSize: [1, 1],
  gated: false,
  norm: 'layer',
  patchBias: false,
  patchNorm: false,
  classToken: false,
  registers: 0,
  positions: true,
  preNorm: false,
  qkvBias: true,
  bias: true,
  rope: 'none',
  ropeBase: 1,
  ropeGrid: [1, 1],
  relativePositions: false,
  attentionNorm: false,
  mlpNorm: false,
  layerScale: false,
  finalNorm: 'tokens',
  classifier: 'gap',
  mapHeads: 1,
  mapMlpWidth: 1,
  projection: 0,
}
