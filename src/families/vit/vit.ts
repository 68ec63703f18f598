import { validOptions } from '../../fields.ts'
import type { ImageInput } from '../../image/image.ts'
import { ImageModel, type Parts } from '../../model/image-model.ts'
import { type ImageOptions, imageFields, refuseOptions } from '../../model/options.ts'
import { concatenate } from '../../model/vectors.ts'
import type { AttentionMaps } from './attention.ts'
import type { ViTConfig } from './config.ts'

/** A loaded Vision Transformer. */
export class ViT extends ImageModel<ViTConfig> {
  /** @internal Use `load`. */
  constructor(parts: Parts<ViTConfig>) {
    super(parts, stages(parts.config))
  }

  /**
   * The attention of every layer and head for one image, and what it adds up to.
   * @throws what `toRGB` throws for images that can't be read
   */
  async attention(image: ImageInput, given?: ImageOptions): Promise<AttentionMaps> {
    const options =
      validOptions(imageFields, given) ?? (await refuseOptions('attention', imageFields, given))
    const names = Array.from(
      { length: this.config.depth },
      (_, i) => `blocks.${i}.attention.weights`,
    )
    const maps = await this.values(names, image, options)
    const { attentionMaps } = await import('./attention.ts')
    return attentionMaps(concatenate(names.map((name) => maps[name]!)), this.config)
  }
}

/** Values along the way, for the place where one became too large. */
function stages({ depth }: ViTConfig): [value: string, place: string][] {
  const blocks = Array.from({ length: depth }, (_, i) => `blocks.${i}`)
  return [
    ['tokens', 'tokens'],
    ...blocks.map((block): [string, string] => [`${block}.fc2`, block]),
    ['features', 'features'],
  ]
}
