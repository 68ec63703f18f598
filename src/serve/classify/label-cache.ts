import type { ImageTextModel } from '../../text/image-text-model.ts'
import type { ZeroShotClassifier } from '../../text/zero-shot.ts'

/** The labels of a request, and how texts are made of them. */
export interface Labels {
  readonly labels: readonly string[]
  /** A text with `{}` where the label goes. */
  readonly template: string
  readonly multiLabel: boolean | undefined
}

/** So many sets of labels are kept. */
const MOST = 32

/** Classifiers of the labels that requests bring: many requests bring the same. */
export class LabelCache {
  readonly #model: ImageTextModel
  /** The one that was used last is last. */
  readonly #kept = new Map<string, ZeroShotClassifier>()

  constructor(model: ImageTextModel) {
    this.#model = model
  }

  async get(
    { labels, template, multiLabel }: Labels,
    signal: AbortSignal,
  ): Promise<ZeroShotClassifier> {
    const key = JSON.stringify([template, multiLabel, labels])
    const found = this.#kept.get(key)
    const made =
      found ?? (await this.#model.zeroShot(labels, { templates: [template], multiLabel, signal }))
    this.#kept.delete(key)
    this.#kept.set(key, made)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MOST) this.#kept.delete(oldest!)
    return made
  }
}
