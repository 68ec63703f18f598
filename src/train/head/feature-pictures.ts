import type { Split } from '../data/dataset.ts'
import { type DrawnPicture, Pictures, type PicturesOptions } from '../data/pictures.ts'

/** Computes what a model makes of pixels before its head. */
export type Featurize = (pixels: Float32Array, signal?: AbortSignal) => Promise<Float32Array>

/**
 * Training pictures as features of a model that stays as it is: each is computed once, and then neither decoded nor
 * computed again. For pictures that are not changed at random.
 */
export class FeaturePictures extends Pictures {
  readonly #featurize: Featurize
  readonly #known = new Map<number, DrawnPicture>()

  constructor(split: Split, options: PicturesOptions, featurize: Featurize) {
    super(split, options)
    this.#featurize = featurize
  }

  /** A picture whose `pixels` are its feature. */
  override async draw(
    index: number,
    options: Parameters<Pictures['draw']>[1],
    signal?: AbortSignal,
  ): Promise<DrawnPicture | undefined> {
    const known = this.#known.get(index)
    if (known) return known
    const drawn = await super.draw(index, options, signal)
    if (!drawn) return undefined
    const made = { ...drawn, pixels: await this.#featurize(drawn.pixels, signal) }
    this.#known.set(index, made)
    return made
  }
}
