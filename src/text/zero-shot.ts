import { validOptions } from '../fields.ts'
import type { ImageInput } from '../image/image.ts'
import type { ImageModel } from '../model/image-model.ts'
import {
  type ClassifyOptions,
  classifyFields,
  type ImageOptions,
  imageFields,
  refuseOptions,
} from '../model/options.ts'
import { largest, type Prediction } from '../model/predictions.ts'
import { dot, normalized } from './embeddings.ts'
import type { LabelEmbeddings } from './label-embeddings.ts'

interface ZeroShotSteps {
  /** The image tower. */
  readonly model: ImageModel
  /** The probability of every label, by the embedding of an image. */
  ofEmbedding(embedding: Float32Array): Float32Array
}

/**
 * Classes that are texts. It needs only the image tower: `save` keeps it for later, and `loadZeroShot` reads it without
 * a text tower.
 */
export class ZeroShotClassifier {
  /** The classes, in the order of the probabilities. */
  readonly labels: readonly string[]
  /** Whether each label is judged for itself. */
  readonly multiLabel: boolean
  readonly #texts: LabelEmbeddings
  readonly #model: Pick<ImageModel, 'embed' | 'config'>
  /**
   * For a server, which computes the embedding of an image itself.
   * @internal
   */
  readonly steps: ZeroShotSteps

  /** @internal Use `model.zeroShot` or `loadZeroShot`. */
  constructor(texts: LabelEmbeddings, model: Pick<ImageModel, 'embed' | 'config'>) {
    this.labels = texts.labels
    this.multiLabel = texts.background !== undefined || texts.bias !== undefined
    this.#texts = texts
    this.#model = model
    this.steps = {
      model: model as ImageModel,
      ofEmbedding: (embedding) => this.#probabilities(embedding),
    }
  }

  /**
   * The most probable labels of an image, the most probable first.
   * @throws SourceError, FormatError, UnsupportedError, LimitError or MemoryError for images that can't be read;
   *   DisposedError when the model was disposed
   */
  classify(image: ImageInput, options?: ClassifyOptions): Promise<Prediction[]>
  /** The same for several images, in their order. */
  classify(images: readonly ImageInput[], options?: ClassifyOptions): Promise<Prediction[][]>
  async classify(
    input: ImageInput | readonly ImageInput[],
    given?: ClassifyOptions,
  ): Promise<Prediction[] | Prediction[][]> {
    const { topK = 5, ...options } =
      validOptions(classifyFields, given) ??
      (await refuseOptions('classify', classifyFields, given))
    if (!isArray(input)) return this.#top(await this.#model.embed(input, options), topK)
    const embeddings = await this.#model.embed(input, options)
    return embeddings.map((embedding) => this.#top(embedding, topK))
  }

  /**
   * The probability of every label, 0 to 1: softmax over the labels of the temperature times the cosine of image and
   * text. Where labels are judged each for itself, softmax over the label's text and the text without a label; of SigLIP,
   * the sigmoid of temperature times cosine plus bias.
   * @returns `[labels]`
   * @throws as `classify`
   */
  async probabilities(image: ImageInput, given?: ImageOptions): Promise<Float32Array> {
    const options =
      validOptions(imageFields, given) ?? (await refuseOptions('probabilities', imageFields, given))
    return this.#probabilities(await this.#model.embed(image, options))
  }

  /**
   * The classifier as the bytes of a safetensors file, for `loadZeroShot`: labels, their embeddings, temperature.
   */
  async save(): Promise<Uint8Array> {
    const { saveZeroShot } = await import('./zero-shot-file.ts')
    return saveZeroShot(this.#texts, this.#model.config)
  }

  #top(embedding: Float32Array, topK: number): Prediction[] {
    const probabilities = this.#probabilities(embedding)
    return Array.from(largest(probabilities, topK), (index) => ({
      index,
      label: this.labels[index]!,
      probability: probabilities[index]!,
    }))
  }

  #probabilities(embedding: Float32Array): Float32Array {
    const image = normalized(embedding)
    const { embeddings, temperature, background, bias } = this.#texts
    const logits = embeddings.map((text) => temperature * dot(image, text))
    const other = background
      ? temperature * dot(image, background)
      : bias === undefined
        ? undefined
        : -bias
    if (other !== undefined) {
      return Float32Array.from(logits, (logit) => 1 / (1 + Math.exp(other - logit)))
    }
    const top = logits.reduce((one, other) => Math.max(one, other))
    const powers = logits.map((logit) => Math.exp(logit - top))
    const sum = powers.reduce((one, other) => one + other)
    return Float32Array.from(powers, (power) => power / sum)
  }
}

const isArray = (input: unknown): input is readonly ImageInput[] => Array.isArray(input)
