import { aboutImage } from '../errors.ts'
import type { ImageInput } from '../image/image.ts'
import { probePicture } from '../model/probe.ts'
import { LabelCache, type Labels } from './classify/label-cache.ts'
import { Refusal } from './http/refusal.ts'
import type { ServerMetrics } from './metrics/server-metrics.ts'
import { type Computed, type Offer, offerOf, type Servable, type Wanted } from './offer.ts'
import type { Settings } from './options.ts'
import { Queue } from './queue/queue.ts'

/** A model, a promise of one, or a function that loads it. */
export type Source = Servable | Promise<Servable> | (() => Servable | Promise<Servable>)

/** An image to compute: an encoded file or pixels, or what the model takes after preprocessing. */
export type Item =
  | { readonly image: ImageInput; readonly isLarge?: boolean }
  | { readonly prepared: Float32Array }

/** Decoding a smaller picture is not stopped halfway: a worker that is stopped has to be started again. */
const LARGE = 2 ** 22

/** A model under its name. */
export class ServedModel {
  readonly name: string
  readonly #settings: Settings
  readonly #metrics: ServerMetrics
  #state: 'loading' | 'ready' | 'failed' | 'gone' = 'loading'
  #loaded: Promise<void> | undefined
  #parts: { offer: Offer; queue: Queue; release: () => void } | undefined
  readonly #source: Source

  constructor(name: string, source: Source, settings: Settings, metrics: ServerMetrics) {
    this.name = name
    this.#source = source
    // It is told when the model is asked for.
    if (source instanceof Promise) source.catch(() => {})
    this.#settings = settings
    this.#metrics = metrics
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  get pending(): number {
    return this.#parts?.queue.pending ?? 0
  }

  /**
   * What the model can do.
   * @throws Refusal while it is not loaded
   */
  get offer(): Offer {
    return this.#requireReady().offer
  }

  /** Loads the model and computes pictures with it, so that the engine has compiled what requests need. */
  load(): Promise<void> {
    this.#loaded ??= this.#load()
    return this.#loaded
  }

  /**
   * Computes images, in their order, each when its turn in the queue comes.
   * @throws Refusal when the queue is full or the model is not loaded; what reading and computing throw
   */
  compute(
    items: readonly Item[],
    wanted: readonly Wanted[],
    signal: AbortSignal,
    onWaited?: (ms: number) => void,
  ): Promise<Computed[]> {
    const { offer, queue } = this.#requireReady()
    const one = async (item: Item, signal: AbortSignal) => {
      const pixels = 'prepared' in item ? item.prepared : await this.#read(offer, item, signal)
      signal.throwIfAborted()
      const computed = await this.#timed('compute', () => offer.compute(pixels, wanted, signal))
      this.#metrics.items.add({ model: this.name, kind: 'image' })
      return computed
    }
    return queue.all([...items.entries()], signal, ([i, item], signal, waited) => {
      onWaited?.(waited)
      this.#metrics.queue.observe({ model: this.name }, waited / 1000)
      return naming(i, items.length, () => one(item, signal))
    })
  }

  /**
   * The embeddings of texts, in their order.
   * @throws Refusal for a model without texts, and as `compute`
   */
  async embedTexts(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    const { offer, queue } = this.#requireReady()
    const { texts: model } = offer
    if (!model) throw new Refusal(400, `The model ${this.name} takes images, and no texts.`)
    const [embeddings] = await queue.all([texts], signal, (all, signal) =>
      this.#timed('compute', () => model.embedText(all, { signal })),
    )
    this.#metrics.items.add({ model: this.name, kind: 'text' }, texts.length)
    return embeddings!
  }

  /** The probabilities of labels that a request brings, for a model of images and texts. */
  async zeroShot(item: Item, labels: Labels, signal: AbortSignal): Promise<Float32Array> {
    const { offer, queue } = this.#requireReady()
    if (!offer.labelCache) {
      throw new Refusal(
        400,
        `The model ${this.name} has no text tower, so it takes no candidate_labels.`,
      )
    }
    const [classifier] = await queue.all([labels], signal, (_, signal) =>
      offer.labelCache!.get(labels, signal),
    )
    const [computed] = await this.compute([item], ['embedding'], signal)
    return classifier!.steps.ofEmbedding(computed!.embedding!)
  }

  /**
   * Checks encoded images by their headers.
   * @throws LimitError, FormatError, UnsupportedError
   */
  check(files: readonly Uint8Array[]): Promise<Item[]> {
    const { steps } = this.offer
    const { maxPixels } = this.#settings
    const check = async (image: Uint8Array) => {
      const { width, height } = await steps.checkHeader(image, maxPixels)
      return { image, isLarge: width * height > LARGE }
    }
    return Promise.all(files.map((file, i) => naming(i, files.length, () => check(file))))
  }

  dispose(): void {
    this.#state = 'gone'
    this.#parts?.release()
  }

  async #load(): Promise<void> {
    try {
      const source = this.#source
      const model = await (typeof source === 'function' ? source() : source)
      const offer = await offerOf(model, (classifiers) => new LabelCache(classifiers))
      const pixels = await offer.steps.read(probePicture, {})
      for (let i = 0; i < this.#settings.warmUp; i++) {
        await offer.compute(
          pixels,
          offer.outputs.map(({ name }) => name),
          undefined,
        )
      }
      const { together } = offer.steps
      const { queue: places, delay, overloadStatus } = this.#settings
      // Each thread has an image, and while it is computed the next one is decoded.
      const queue = new Queue({ places, slots: 2 * together, delay, overloadStatus })
      this.#parts = { offer, queue, release: await offer.steps.holdDecoders() }
      if (this.#state === 'loading') this.#state = 'ready'
    } catch (error) {
      this.#state = 'failed'
      throw error
    }
  }

  #requireReady() {
    if (this.#state === 'ready') return this.#parts!
    if (this.#state === 'loading') {
      throw new Refusal(503, `The model ${this.name} is being loaded.`, { 'Retry-After': '1' })
    }
    const why = this.#state === 'failed' ? 'could not be loaded' : 'was unloaded'
    throw new Refusal(503, `The model ${this.name} ${why}.`)
  }

  #read(
    { steps }: Offer,
    { image, isLarge }: Extract<Item, { image: ImageInput }>,
    signal: AbortSignal,
  ): Promise<Float32Array> {
    const { maxPixels, decoders = Math.ceil(steps.together / 4) } = this.#settings
    const options = { maxPixels, decoders, ...(isLarge && { signal }) }
    return this.#timed('decode', () => steps.read(image, options))
  }

  async #timed<T>(step: 'decode' | 'compute', work: () => Promise<T>): Promise<T> {
    const began = performance.now()
    const result = await work()
    this.#metrics[step].observe({ model: this.name }, (performance.now() - began) / 1000)
    return result
  }
}

/** Says of an error which image of several it is about. */
async function naming<T>(index: number, count: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw count > 1 ? aboutImage(error, index) : error
  }
}
