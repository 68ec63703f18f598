import type { ImageInput } from '../../image/image.ts'
import { ImageModel, type Parts } from '../../model/image-model.ts'
import { type ImageOptions, readImageOptions } from '../../model/options.ts'
import { concatenate } from '../../model/vectors.ts'
import { type AttentionMaps, attentionMaps, attentionNames } from './attention.ts'
import type { ViTConfig } from './config.ts'

/** A loaded Vision Transformer. `load` makes it; `dispose` frees it. */
export class ViT extends ImageModel<ViTConfig> {
  /** @internal Use `load`. */
  constructor(parts: Parts<ViTConfig>) {
    super(parts, stages(parts.config))
  }

  /**
   * The attention weights of every layer and head for one image, and their rollout.
   * @param image one image
   * @throws SourceError, FormatError, UnsupportedError, LimitError or MemoryError if the image can't be read
   */
  async attention(image: ImageInput, given?: ImageOptions): Promise<AttentionMaps> {
    const options = readImageOptions('attention', given)
    const names = attentionNames(this.config)
    const maps = await this.values(names, image, options)
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
