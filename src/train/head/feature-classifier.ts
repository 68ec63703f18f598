import type { Classifier } from '../evaluation/split.ts'
import type { Trainer } from '../trainer.ts'

/** Classifies the pictures of one split again and again: the feature of each is computed once. */
export class FeatureClassifier implements Classifier {
  readonly #trainer: Trainer
  /** By the places of pictures in their split. */
  readonly #known = new Map<number, Float32Array>()

  constructor(trainer: Trainer) {
    this.#trainer = trainer
  }

  async logits(
    pixels: readonly Float32Array[],
    { places, signal }: Parameters<Classifier['logits']>[1],
  ): Promise<Float32Array> {
    const features = places.map(async (place, i) => {
      const feature =
        this.#known.get(place) ?? (await this.#trainer.features(pixels[i]!, { signal }))
      this.#known.set(place, feature)
      return feature
    })
    return this.#trainer.logitsOf(await Promise.all(features), { signal })
  }
}
