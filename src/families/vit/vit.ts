import { validOptions } from '../../fields.ts'
import type { ImageInput } from '../../image/image.ts'
import { ImageModel, type Parts } from '../../model/image-model.ts'
import {
  type ImageOptions,
  imageFields,
  type RunOptions,
  refuseOptions,
  runFields,
} from '../../model/options.ts'
import { concatenate } from '../../model/vectors.ts'
import type { AttentionMaps } from './attention.ts'
import type { ViTConfig } from './config.ts'
import type { InputEmbeddings } from './input-embeddings.ts'

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

  /**
   * What turns patches into tokens, to look at: the filters of the patch embedding, and how similar the position
   * embeddings are. They are read from the checkpoint again, in f32 also where the model computes with integers.
   * @throws UnsupportedError where the checkpoint was a stream, which can be read only once; SourceError where it
   *   is gone, CheckpointError where it is another one by now; MemoryError for too many patches
   */
  async inputEmbeddings(given?: RunOptions): Promise<InputEmbeddings> {
    const options =
      validOptions(runFields, given) ?? (await refuseOptions('inputEmbeddings', runFields, given))
    const { inputEmbeddings, inputWeights } = await import('./input-embeddings.ts')
    return inputEmbeddings(await this.weights(inputWeights, options), this.config, options)
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
