import { ArgumentError, DisposedError } from '../errors.ts'
import { isArrayOf, validOptions } from '../fields.ts'
import type { ImageInput } from '../image/image.ts'
import { ImageModel, type Parts } from '../model/image-model.ts'
import { type ImageOptions, imageFields, refuseOptions } from '../model/options.ts'
import { show } from '../show.ts'
import type { TokenEmbedding } from './embedding/token-embedding.ts'
import { dot, meanDirection, normalized } from './embeddings.ts'
import {
  type EmbedTextOptions,
  embedTextFields,
  type ZeroShotOptions,
  zeroShotFields,
} from './options.ts'
import { hasSimilarityBias, type ImageTextConfig } from './text-family.ts'
import { TextTower } from './text-tower.ts'
import type { Tokenizer } from './tokenizer.ts'
import { ZeroShotClassifier } from './zero-shot.ts'

/** What an `ImageTextModel` has beside an `ImageModel`. */
export interface TextParts {
  readonly tokenizer: Tokenizer
  readonly embedding: TokenEmbedding
  /** Known when the weights are read. */
  temperature(): number
  /** The same; 0 for models without one. */
  similarityBias(): number
}

/**
 * A loaded model of images and texts. It is a model of images, whose `embed` gives embeddings in the space of texts.
 *
 * Every call throws what those of `ImageModel` throw.
 */
export class ImageTextModel extends ImageModel<ImageTextConfig> {
  /** Splits texts into the tokens that the model embeds. */
  readonly tokenizer: Tokenizer
  readonly #text: TextTower
  readonly #temperature: () => number
  readonly #similarityBias: () => number
  #isDisposed = false

  /** @internal Use `loadImageText`. */
  constructor(
    parts: Parts<ImageTextConfig>,
    { tokenizer, embedding, temperature, similarityBias }: TextParts,
  ) {
    super(parts)
    this.tokenizer = tokenizer
    this.#text = new TextTower(parts.config, tokenizer, embedding, parts.model, parts.backend)
    this.#temperature = temperature
    this.#similarityBias = similarityBias
  }

  /**
   * What cosines of images and texts are multiplied by before a softmax, or a sigmoid: the exponential of the checkpoint's
   * `t`, or `logit_scale`.
   */
  get temperature(): number {
    return this.#temperature()
  }

  /** What is added to the product before a sigmoid: SigLIP's `logit_bias`; 0 for models without one. */
  get similarityBias(): number {
    return this.#similarityBias()
  }

  /**
   * The embedding of a text.
   * @param text any; of one that is longer than the model takes, the beginning counts
   * @returns `[embedding]`
   */
  embedText(text: string, options?: EmbedTextOptions): Promise<Float32Array>
  /** The same for several texts, in their order. Those of one length are computed together. */
  embedText(texts: readonly string[], options?: EmbedTextOptions): Promise<Float32Array[]>
  async embedText(
    input: string | readonly string[],
    given?: EmbedTextOptions,
  ): Promise<Float32Array | Float32Array[]> {
    const { normalize = false, signal } =
      validOptions(embedTextFields, given) ??
      (await refuseOptions('embedText', embedTextFields, given))
    const texts = requireTexts('embedText', typeof input === 'string' ? [input] : input)
    const embeddings = await this.#embedTexts(texts, signal)
    const results = normalize ? embeddings.map(normalized) : embeddings
    return typeof input === 'string' ? results[0]! : results
  }

  /**
   * How alike an image and texts are.
   * @returns the cosine of their embeddings for each text, -1 to 1
   * @throws SourceError, FormatError, UnsupportedError, LimitError or MemoryError if the image can't be read
   */
  async similarity(
    image: ImageInput,
    texts: readonly string[],
    given?: ImageOptions,
  ): Promise<Float32Array> {
    const options =
      validOptions(imageFields, given) ?? (await refuseOptions('similarity', imageFields, given))
    const own = requireTexts('similarity', texts)
    const embedding = normalized(await this.embed(image, options))
    const others = await this.#embedTexts(own, options.signal)
    return Float32Array.from(others, (other) => dot(embedding, normalized(other)))
  }

  /**
   * A classifier whose classes are texts.
   * @param labels one or more
   * @throws ArgumentError for labels that are no texts or none, and for templates without `{}`
   */
  async zeroShot(labels: readonly string[], given?: ZeroShotOptions): Promise<ZeroShotClassifier> {
    const {
      templates = ['{}'],
      multiLabel = hasSimilarityBias(this.config),
      signal,
    } = validOptions(zeroShotFields, given) ??
    (await refuseOptions('zeroShot', zeroShotFields, given))
    const own = requireTexts('zeroShot', labels)
    if (own.length === 0) throw new ArgumentError('zeroShot needs one label or more.')
    // SigLIP was trained to judge each text for itself; others compare with the text without a label.
    const hasBackground = multiLabel && !hasSimilarityBias(this.config)
    const wanted = hasBackground ? [...own, ''] : own
    const texts = wanted.flatMap((label) =>
      templates.map((text) => text.replaceAll('{}', () => label)),
    )
    const all = (await this.#embedTexts(texts, signal)).map(normalized)
    const means = wanted.map((_, i) =>
      meanDirection(all.slice(i * templates.length, (i + 1) * templates.length)),
    )
    const background = hasBackground ? means.pop() : undefined
    const bias = multiLabel && !hasBackground ? this.similarityBias : undefined
    const { temperature } = this
    return new ZeroShotClassifier(
      { labels: own, embeddings: means, temperature, background, bias },
      this,
    )
  }

  override dispose(): void {
    this.#isDisposed = true
    this.#text.dispose()
    super.dispose()
  }

  async #embedTexts(texts: readonly string[], signal: AbortSignal | undefined) {
    signal?.throwIfAborted()
    if (this.#isDisposed) throw new DisposedError('The model')
    return this.#text.embed(texts, signal)
  }
}

/** A copy, which the caller can't change. */
function requireTexts(method: string, texts: readonly string[]): string[] {
  if (isArrayOf(texts, (text) => typeof text === 'string')) return [...texts] as string[]
  throw new ArgumentError(`${method} takes a text or an array of texts, not ${show(texts)}.`)
}
