import { readRecord } from '../../check-fields.ts'
import { findVariant } from '../find-variant.ts'
import type { PublishedFamily } from '../published-family.ts'
import { configFields, type ViTConfig } from './config.ts'

/** One row per size: hidden width D, MLP width M, heads H, blocks L. */
export const sizes = {
  Ti: { width: 192, mlpWidth: 768, heads: 3, depth: 12 },
  S: { width: 384, mlpWidth: 1536, heads: 6, depth: 12 },
  B: { width: 768, mlpWidth: 3072, heads: 12, depth: 12 },
  L: { width: 1024, mlpWidth: 4096, heads: 16, depth: 24 },
  H: { width: 1280, mlpWidth: 5120, heads: 16, depth: 32 },
} as const

/** A published variant of the plain Vision Transformer. */
export interface Variant {
  /** Its official name, such as `ViT-B_16`. */
  readonly name: string
  /** Tiny, small, base, large or huge. */
  readonly size: keyof typeof sizes
  /** Side length of a patch, in pixels. */
  readonly patch: number
  /** What the head reads: the class token, or the mean of the patch tokens. */
  readonly classifier: 'token' | 'gap'
  /** Number of parameters with 1,000 classes at 224 px. */
  readonly parameters: number
}

/**
 * The published plain ViTs of google-research/vision_transformer (`vit_jax/configs/models.py`), with the parameter
 * counts of its `models_test.py`.
 */
export const variants: readonly Variant[] = [
  { name: 'ViT-Ti_16', size: 'Ti', patch: 16, classifier: 'token', parameters: 5_717_416 },
  { name: 'ViT-S_32', size: 'S', patch: 32, classifier: 'token', parameters: 22_878_952 },
  { name: 'ViT-S_16', size: 'S', patch: 16, classifier: 'token', parameters: 22_050_664 },
  { name: 'ViT-B_32', size: 'B', patch: 32, classifier: 'token', parameters: 88_224_232 },
  { name: 'ViT-B_16', size: 'B', patch: 16, classifier: 'token', parameters: 86_567_656 },
  { name: 'ViT-B_8', size: 'B', patch: 8, classifier: 'token', parameters: 86_576_872 },
  { name: 'ViT-L_32', size: 'L', patch: 32, classifier: 'token', parameters: 306_535_400 },
  { name: 'ViT-L_16', size: 'L', patch: 16, classifier: 'token', parameters: 304_326_632 },
  { name: 'ViT-H_14', size: 'H', patch: 14, classifier: 'token', parameters: 632_045_800 },
  { name: 'ViT-S_32-gap-norep', size: 'S', patch: 32, classifier: 'gap', parameters: 22_878_184 },
  { name: 'ViT-S_16-gap-norep', size: 'S', patch: 16, classifier: 'gap', parameters: 22_049_896 },
  { name: 'ViT-B_32-gap-norep', size: 'B', patch: 32, classifier: 'gap', parameters: 88_222_696 },
  { name: 'ViT-B_16-gap-norep', size: 'B', patch: 16, classifier: 'gap', parameters: 86_566_120 },
]

/**
 * The sizes and the pooling of a published variant. The checkpoint decides the rest: classes, image size,
 * pre_logits.
 * @param name as in the table, with or without the `ViT-`: `ViT-B_16`, `B_16`
 * @throws ArgumentError for a name that is not in the table
 */
export function variantStructure(name: string) {
  const variant = findVariant(variants, name)
  return {
    patchSize: [variant.patch, variant.patch],
    ...sizes[variant.size],
    classifier: variant.classifier,
    classToken: variant.classifier === 'token',
  } satisfies Partial<ViTConfig>
}

/**
 * The whole config of a published variant: 224 px and 1,000 classes unless overridden.
 * @param name as in `variants`, with or without `ViT-`: `'ViT-B_16'`, `'B_16'`
 * @param overrides fields that should differ
 * @throws ArgumentError for an unknown name, and for fields that do not exist or are out of range
 */
export function variantConfig(name: string, overrides: Partial<ViTConfig> = {}): ViTConfig {
  readRecord('config', configFields, overrides)
  return {
    family: 'vit',
    imageSize: [224, 224],
    channels: 3,
    ...variantStructure(name),
    distilled: false,
    representation: 0,
    classes: 1000,
    gelu: 'tanh',
    eps: 1e-6,
    qkvBias: true,
    normAfterPool: false,
    ...overrides,
  }
}

export const vitVariants: PublishedFamily<ViTConfig> = {
  name: 'vit',
  variants,
  structure: variantStructure,
  variantConfig,
}
