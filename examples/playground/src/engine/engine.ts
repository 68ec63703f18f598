import { type ProxyMarked, proxy } from 'comlink'
import {
  type AnyConfig,
  type AttentionMaps,
  type ImageModel,
  type LoadOptions,
  load,
  RECIPES,
} from 'vitrine'
import { attentionDistances, attentionFrom } from './attention.ts'
import { keep, listKept, readKept, removeKept } from './kept.ts'
import { patchPixels } from './patches.ts'
import type { Studio } from './studio.ts'
import type {
  Answer,
  Attention,
  Judged,
  Kept,
  Learnt,
  Loaded,
  Looked,
  Picture,
  Progress,
  PublishedRow,
  Runtime,
  Source,
  Wording,
} from './types.ts'
import type { Words } from './words.ts'

const options: Readonly<Record<Runtime, LoadOptions>> = {
  f32: { dtype: 'f32' },
  int16: { dtype: 'int16' },
  int8: { dtype: 'int8' },
  webgpu: { backend: 'webgpu' },
}

/** One model at a time, and all that is computed with it. */
export class Engine {
  /** A mirror of the published files. */
  readonly #mirror: string | undefined
  #vit: ImageModel<AnyConfig> | undefined
  #words: Words | undefined
  /** The file that its vocabulary was read from, if it was given. */
  #vocabulary: string | undefined
  #maps: AttentionMaps | undefined
  #opening: AbortController | undefined
  #measuring: AbortController | undefined

  constructor(mirror: string | undefined) {
    this.#mirror = mirror
  }

  answers(): true {
    return true
  }

  /** Whether there is a GPU that computes. */
  async hasGpu(): Promise<boolean> {
    const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<object | null> } }
    return ((await gpu?.requestAdapter().catch(() => null)) ?? null) !== null
  }

  /** Replaces the model. If it fails or is cancelled, the one before stays. */
  async open(
    source: Source,
    runtime: Runtime,
    onProgress: (progress: Progress) => void,
  ): Promise<Loaded> {
    this.cancel()
    const opening = new AbortController()
    this.#opening = opening
    const notices: string[] = []
    const tell = occasionally(onProgress)
    const vit = await load(await this.#inputOf(source), {
      ...options[runtime],
      signal: opening.signal,
      onNotice: (message) => notices.push(message),
      hub: { url: this.#mirror },
      onProgress: (progress) => {
        const { phase, loaded, total } = progress
        const download = progress.phase === 'download' ? progress : undefined
        const [secondsLeft, retry] = [download?.secondsLeft, download?.retry?.reason]
        tell({ phase, loaded, total, secondsLeft, retry })
      },
    })
    // vitrine computes without a GPU where there is none; here the choice says what computes.
    const isOther = runtime === 'webgpu' && vit.backend.name !== 'webgpu'
    if (isOther || opening.signal.aborted) {
      vit.dispose()
      opening.signal.throwIfAborted()
      throw new Error(vit.backend.description)
    }
    this.#replace(vit)
    return describe(vit, notices)
  }

  #replace(vit: ImageModel<AnyConfig>): void {
    this.#vit?.dispose()
    this.#vit = vit
    this.#words = undefined
    this.#maps = undefined
  }

  /**
   * Judges pictures by these labels from now on. The first call for a model reads its text tower, and the code for it.
   * @param vocabulary the file of its pieces, where none lies beside the model
   */
  async useWords(
    source: Source,
    runtime: Runtime,
    wording: Wording,
    vocabulary: File | undefined,
  ): Promise<void> {
    this.#measuring?.abort()
    const given = vocabulary && `${vocabulary.name} ${vocabulary.size} ${vocabulary.lastModified}`
    if (!this.#words || given !== this.#vocabulary) {
      const { Words } = await import('./words.ts')
      const before = this.#model()
      const load = { ...options[runtime], hub: { url: this.#mirror }, onNotice: () => {} }
      const words = await Words.read(await this.#inputOf(source), vocabulary, load)
      if (this.#vit !== before) {
        words.model.dispose()
        throw new DOMException('Another model was opened.', 'AbortError')
      }
      this.#replace(words.model)
      this.#words = words
      this.#vocabulary = given
    }
    await this.#words.use(wording)
  }

  /** What the labels of `useWords` say of a picture. */
  async judge(picture: Picture): Promise<Judged> {
    const words = this.#words
    if (!words) throw new Error('There are no words yet.')
    return words.judge(picture).finally(() => release(picture))
  }

  /** Ends the opening that is under way. */
  cancel(): void {
    this.#opening?.abort()
    this.#measuring?.abort()
  }

  async classify(picture: Picture): Promise<Answer> {
    this.#measuring?.abort()
    const start = performance.now()
    const predictions = await this.#model()
      .classify(picture)
      .finally(() => release(picture))
    return { predictions, milliseconds: performance.now() - start }
  }

  /** The embedding of a picture, of length 1: one vector, also of a model that does not pool its tokens. */
  async embed(picture: Picture): Promise<Float32Array> {
    this.#measuring?.abort()
    const vit = this.#model()
    const isPooled = !('classifier' in vit.config && /unpooled/.test(vit.config.classifier))
    const pool = isPooled ? undefined : 'mean'
    return vit.embed(picture, { normalize: true, pool }).finally(() => release(picture))
  }

  /** What the class token attends to in a picture; then `attend` tells it of patches. */
  async attention(picture: Picture): Promise<Looked> {
    this.#measuring?.abort()
    const vit = this.#model()
    const maps = await vit.attention(picture).finally(() => release(picture))
    this.#maps = maps
    return {
      attention: attentionFrom(maps),
      distances: attentionDistances(maps, patchPixels(vit.config)),
    }
  }

  /**
   * What a patch of the last picture attends to; the class token unless given.
   * @returns undefined where the model has not seen a picture yet
   */
  attend(patch?: number): Attention | undefined {
    return this.#maps && attentionFrom(this.#maps, patch)
  }

  async learnt(): Promise<Learnt> {
    const { drawLearnt } = await import('./learnt.ts')
    return drawLearnt(await this.#model().inputEmbeddings())
  }

  /**
   * Times the model alone, without reading the picture.
   * @returns the median in milliseconds; undefined if something else came in between
   */
  async measure(picture: Picture): Promise<number | undefined> {
    this.#measuring?.abort()
    const measuring = new AbortController()
    this.#measuring = measuring
    const { signal } = measuring
    const vit = this.#model()
    try {
      const pixels = await vit.pixels(picture, { signal })
      const run = () => vit.logits(pixels, { signal })
      await run()
      const times: number[] = []
      const end = performance.now() + 1500
      while (times.length < 3 || (times.length < 15 && performance.now() < end)) {
        const start = performance.now()
        await run()
        times.push(performance.now() - start)
      }
      return times.sort((a, b) => a - b)[times.length >> 1]
    } catch (error) {
      if (signal.aborted) return undefined
      throw error
    }
  }

  /** A head to be trained on a model. The code for it comes with the first one. */
  async studio(source: Source, runtime: Runtime): Promise<Studio & ProxyMarked> {
    const { Studio } = await import('./studio.ts')
    const load = { ...options[runtime], hub: { url: this.#mirror } }
    return proxy(await Studio.begin(source, await this.#inputOf(source), load))
  }

  /** The head of an earlier visit, if there is one. */
  async keptStudio(runtime: Runtime): Promise<(Studio & ProxyMarked) | undefined> {
    const { Studio } = await import('./studio.ts')
    const load = { ...options[runtime], hub: { url: this.#mirror } }
    const studio = await Studio.resume((source) => this.#inputOf(source), load)
    return studio && proxy(studio)
  }

  async catalogue(): Promise<PublishedRow[]> {
    return (await import('./catalogue.ts')).catalogue(this.#mirror)
  }

  async sizeOnHub(name: string): Promise<number | undefined> {
    return (await import('./catalogue.ts')).sizeOnHub(name, this.#mirror)
  }

  kept(): Promise<Kept[]> {
    return listKept()
  }

  remove(id: string): Promise<void> {
    return removeKept(id)
  }

  keep(file: File, onProgress: (progress: Progress) => void): Promise<Kept> {
    return keep(file, occasionally(onProgress))
  }

  async #inputOf(source: Source): Promise<string | Blob | undefined> {
    switch (source.kind) {
      case 'embedded':
        return undefined
      case 'published':
        return source.name
      case 'kept':
        return readKept(source.id)
      case 'file':
        return source.file
    }
  }

  #model(): ImageModel<AnyConfig> {
    if (!this.#vit) throw new Error('There is no model yet.')
    return this.#vit
  }
}

function describe(vit: ImageModel<AnyConfig>, notices: readonly string[]): Loaded {
  const { config, backend, preprocess } = vit
  const recipe = typeof preprocess === 'string' ? RECIPES[preprocess] : preprocess
  const { fit, cropFraction } = recipe
  const resizeTo = 'resizeTo' in recipe ? recipe.resizeTo : undefined
  return {
    config: { ...config },
    patchSize: patchPixels(config),
    classifies:
      config.classes > 0 && !('classifier' in config && /unpooled/.test(config.classifier)),
    knowsWords: 'embedding' in config && config.textDepth > 0,
    backend: backend.name,
    threads: { ...backend.threads },
    fit: { fit, cropFraction, resizeTo },
    notices,
  }
}

/** Frames of a camera come faster than garbage is collected. */
function release(picture: Picture): void {
  if (!(picture instanceof Blob)) picture.close()
}

/** The page has better things to do than to hear of every block of a file. */
function occasionally<T>(tell: (news: T) => void): (news: T) => void {
  let next = 0
  return (news) => {
    if (performance.now() < next) return
    next = performance.now() + 100
    tell(news)
  }
}
