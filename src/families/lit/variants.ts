import { readRecord } from '../../check-fields.ts'
import { findVariant } from '../find-variant.ts'
import type { PublishedFamily, PublishedVariant } from '../published-family.ts'
import { variantStructure, variantConfig as vitVariant } from '../vit/variants.ts'
import { type LiTConfig, litFields } from './config.ts'

/** Text towers: BERT base and large, and transformers of the sizes of a ViT. */
const texts = {
  'bert-base': {
    textTower: 'bert',
    textWidth: 768,
    textDepth: 12,
    textHeads: 12,
    textMlpWidth: 3072,
  },
  'bert-large': {
    textTower: 'bert',
    textWidth: 1024,
    textDepth: 24,
    textHeads: 16,
    textMlpWidth: 4096,
  },
  S: { textTower: 'transformer', textWidth: 384, textDepth: 12, textHeads: 6, textMlpWidth: 1536 },
  Ti: { textTower: 'transformer', textWidth: 192, textDepth: 12, textHeads: 3, textMlpWidth: 768 },
} as const

/** Pieces and positions of uncased BERTs, and of the transformers. */
const vocabularies = {
  bert: { vocabulary: 30_522, textPositions: 512 },
  transformer: { vocabulary: 16_000, textPositions: 16 },
} as const

interface Variant extends PublishedVariant {
  readonly image: 'ViT-B_16' | 'ViT-L_16'
  readonly text: keyof typeof texts
  readonly embedding: number
  readonly imageHead: boolean
}

/** The LiTs of `vit_jax/configs/models.py`, with the parameter counts of its `models_test.py`. */
const variants: readonly Variant[] = [
  {
    name: 'LiT-B16B',
    image: 'ViT-B_16',
    text: 'bert-base',
    embedding: 768,
    imageHead: true,
    parameters: 195_871_489,
  },
  {
    name: 'LiT-B16B_2',
    image: 'ViT-B_16',
    text: 'bert-base',
    embedding: 768,
    imageHead: false,
    parameters: 195_280_897,
  },
  {
    name: 'LiT-L16L',
    image: 'ViT-L_16',
    text: 'bert-large',
    embedding: 1024,
    imageHead: false,
    parameters: 638_443_521,
  },
  {
    name: 'LiT-L16S',
    image: 'ViT-L_16',
    text: 'S',
    embedding: 1024,
    imageHead: false,
    parameters: 331_140_353,
  },
  {
    name: 'LiT-L16Ti',
    image: 'ViT-L_16',
    text: 'Ti',
    embedding: 1024,
    imageHead: false,
    parameters: 311_913_089,
  },
]

/**
 * The sizes of a published LiT. The checkpoint decides the rest.
 * @throws ArgumentError for a name that is not in the table
 */
function structure(name: string) {
  const { image, text, embedding, imageHead } = findVariant(variants, name)
  return {
    ...variantStructure(image),
    embedding,
    imageHead,
    ...texts[text],
    ...vocabularies[texts[text].textTower],
    maxLength: 16,
    textHead: true,
  } satisfies Partial<LiTConfig>
}

/** @throws ArgumentError for an unknown name, and for fields that do not exist or are out of range */
function variantConfig(name: string, overrides: Partial<LiTConfig> = {}): LiTConfig {
  readRecord('config', litFields, overrides)
  const { image } = findVariant(variants, name)
  const { classes: _, ...ofImages } = vitVariant(image)
  return { ...ofImages, ...structure(name), ...overrides, family: 'lit', classes: 0 }
}

export const litVariants: PublishedFamily<LiTConfig> = {
  name: 'lit',
  variants,
  structure,
  variantConfig,
}
