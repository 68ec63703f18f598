import type { Recipe } from '../image/preprocess/recipes.ts'
import { type AugmentOptions, augmentImage } from './augment/augment.ts'
import { drawsOf, orderOf } from './augment/draws.ts'
import { DatasetError } from './data/errors.ts'
import type { Pictures } from './data/pictures.ts'
import { smoothedLabels } from './recipe/loss.ts'
import type { Sample } from './trainer.ts'

export interface BatchOptions extends Omit<AugmentOptions, 'recipe'> {
  readonly recipe: Recipe
  readonly batch: number
  readonly classes: number
  /** How much of each target is spread over all classes, 0 to 1. */
  readonly labelSmoothing: number
  readonly seed: number
}

/**
 * The batches of a run. What a batch holds depends on its number and the seed alone, so that a run that is resumed goes
 * on with the same pictures, crops and flips. Pictures that can't be read are left out of theirs.
 */
export class Batches {
  readonly #pictures: Pictures
  readonly #options: BatchOptions
  readonly #orders = new Map<number, Uint32Array>()

  constructor(pictures: Pictures, options: BatchOptions) {
    this.#pictures = pictures
    this.#options = options
  }

  /**
   * @param step the number of the update, from 0
   * @throws DatasetError where none of its pictures can be read
   */
  async read(step: number, signal?: AbortSignal): Promise<Sample[]> {
    const { batch } = this.#options
    const samples: Sample[] = []
    for (let i = 0; i < batch; i++) {
      const sample = await this.#sample(step * batch + i, signal)
      if (sample) samples.push(sample)
    }
    if (samples.length > 0) return samples
    throw new DatasetError(
      `None of the ${batch} pictures of update ${step + 1} can be read: ${this.#pictures.unusable[0]?.reason}`,
    )
  }

  /** @param position among all pictures of all epochs */
  async #sample(position: number, signal?: AbortSignal): Promise<Sample | undefined> {
    const { seed, classes, labelSmoothing } = this.#options
    const { size } = this.#pictures
    const epoch = Math.floor(position / size)
    const index = this.#order(epoch)[position % size]!
    const picture = await this.#pictures.read(index, signal)
    if (!picture) return undefined
    return {
      pixels: augmentImage(picture.image, this.#options, drawsOf(seed, epoch, index)),
      targets: Float32Array.from(smoothedLabels([picture.label], classes, labelSmoothing)),
    }
  }

  #order(epoch: number): Uint32Array {
    const known = this.#orders.get(epoch)
    if (known) return known
    const order = orderOf(this.#pictures.size, this.#options.seed, epoch)
    this.#orders.clear()
    this.#orders.set(epoch, order)
    return order
  }
}
