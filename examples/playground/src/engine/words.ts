import type { LoadOptions } from 'vitrine'
import { type ImageTextModel, loadImageText, type ZeroShotClassifier } from 'vitrine/text'
import type { Judged, Picture, Wording } from './types.ts'

/** A model of images and texts, and the labels that it judges pictures by. */
export class Words {
  readonly model: ImageTextModel
  #classifier: ZeroShotClassifier | undefined

  private constructor(model: ImageTextModel) {
    this.model = model
  }

  /**
   * @param input what a source stands for
   * @param vocabulary the file of its pieces, where none lies beside the model
   */
  static async read(
    input: string | Blob | undefined,
    vocabulary: Blob | undefined,
    load: LoadOptions,
  ): Promise<Words> {
    return new Words(await loadImageText(input as string | Blob, { ...load, vocabulary }))
  }

  /** Embeds the texts of labels, once for all pictures that follow. */
  async use({ labels, template }: Wording): Promise<void> {
    this.#classifier = await this.model.zeroShot(labels, { templates: [template] })
  }

  /** All labels, the most fitting first. */
  async judge(picture: Picture): Promise<Judged> {
    const classifier = this.#classifier
    if (!classifier) throw new Error('There are no words yet.')
    const { labels, multiLabel } = classifier
    const predictions = await classifier.classify(picture, { topK: labels.length })
    return {
      each: multiLabel,
      labels: predictions.map(({ label, probability }) => ({ label, probability })),
    }
  }
}
