import { type Field, type Fields, flag, oneOf, whole } from '../../fields.ts'
import { type ViTConfig, configFields as vitFields } from '../vit/config.ts'

export const textTowers = ['bert', 'transformer'] as const

/** The text towers of LiT: BERT (Devlin et al. 2019), or a transformer as in a ViT that reads the last token. */
export type TextTowerKind = (typeof textTowers)[number]

/**
 * The structure of a LiT (Zhai et al. 2022, "Locked-image text Tuning"): a Vision Transformer and a text tower whose
 * outputs lie in one space. The fields of a plain ViT are those of the image tower.
 */
export interface LiTConfig extends Omit<ViTConfig, 'family' | 'classes'> {
  /** Always `lit`. */
  family: 'lit'
  /** Always 0: classes are texts. */
  classes: 0
  /** Length of the embedding of an image or a text, from 1. */
  embedding: number
  /** Whether the image tower ends with a linear layer to the embedding; else the embedding is its features. */
  imageHead: boolean
  /** Which text tower it is. */
  textTower: TextTowerKind
  /** Length of a token of the text tower, from 1; a multiple of `textHeads`. */
  textWidth: number
  /** Number of its blocks, from 1. */
  textDepth: number
  /** Attention heads of one of its blocks, from 1. */
  textHeads: number
  /** Hidden width of the MLP in one of its blocks, from 1. */
  textMlpWidth: number
  /** Number of pieces that it knows, from 1. */
  vocabulary: number
  /** Number of positions that it knows, from 1. */
  textPositions: number
  /** The most tokens of a text, from 1; a longer text is cut. At most `textPositions`. */
  maxLength: number
  /** Whether the text tower ends with a linear layer to the embedding. */
  textHead: boolean
}

const noClasses: Field = {
  wanted: '0, since the classes of a LiT are texts',
  valid: (n) => n === 0,
}

export const litFields: Fields<LiTConfig> = {
  ...vitFields,
  family: oneOf('lit'),
  classes: noClasses,
  embedding: whole(1),
  imageHead: flag,
  textTower: oneOf(...textTowers),
  textWidth: whole(1),
  textDepth: whole(1),
  textHeads: whole(1),
  textMlpWidth: whole(1),
  vocabulary: whole(1),
  textPositions: whole(1),
  maxLength: whole(1),
  textHead: flag,
}

/** The image tower as a plain ViT, whose classes are the dimensions of the embedding if it has a head. */
export function imageTower(config: LiTConfig): ViTConfig {
  const { imageSize, channels, patchSize, width, depth, heads, mlpWidth } = config
  const { classifier, classToken, distilled, representation, gelu, eps, qkvBias } = config
  return {
    family: 'vit',
    imageSize,
    channels,
    patchSize,
    width,
    depth,
    heads,
    mlpWidth,
    classifier,
    classToken,
    distilled,
    representation,
    classes: config.imageHead ? config.embedding : 0,
    gelu,
    eps,
    qkvBias,
    normAfterPool: config.normAfterPool,
  }
}
