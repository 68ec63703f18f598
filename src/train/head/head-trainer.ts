/// <reference lib="esnext.disposable" preserve="true" />

import { readOptions } from '../../check-fields.ts'
import { concurrentMap } from '../../concurrent-map.ts'
import { ArgumentError, VitrineError } from '../../errors.ts'
import type { AnyConfig } from '../../families/architectures.ts'
import { signalField } from '../../fields.ts'
import type { ImageInput } from '../../image/image.ts'
import type { ImageModel } from '../../model/image-model.ts'
import type { ClassifyOptions, ImageOptions } from '../../model/options.ts'
import { classifyFields, imageFields } from '../../model/options.ts'
import { type Prediction, topPredictions } from '../../model/predictions.ts'
import { show } from '../../show.ts'
import type { Evaluation } from '../evaluation/evaluation.ts'
import type { Step } from '../trainer.ts'
import type { Example, Examples } from './examples.ts'
import { type Backbone, type ExportOptions, withHead } from './export.ts'
import { fit } from './fit.ts'
import { judge } from './judge.ts'
import type { LinearHead } from './linear-head.ts'
import { originOf } from './origin.ts'
import { encodeProject } from './project.ts'
import { type HeadTrainOptions, headRecipe, headTrainFields } from './recipe.ts'

/** A picture to learn from, for `addAll`. */
export interface HeadSample {
  /** Any image that `classify` takes. */
  readonly image: ImageInput
  /** The name of its class. */
  readonly label: string
  /** Tells it apart, such as its path; by default a number. */
  readonly id?: string | undefined
}

/** What became of a picture that was added: `error` says why it can't be used. */
export type Added = Example & { readonly error?: VitrineError }

/** Options of `HeadTrainer.add`. */
export interface AddOptions extends ImageOptions {
  /** Tells the picture apart, such as its path; a number by default. It takes the place of one with the same id. */
  id?: string | undefined
}

/** An update of a head. */
export interface HeadProgress extends Step {
  /** Updates in all. */
  readonly totalSteps: number
  /** On the held-out pictures, from time to time and after the last update. */
  readonly evaluation?: Evaluation
}

/** A head, and what is told of its training. */
interface Learnt {
  readonly head: LinearHead
  readonly record: object
}

/** What a trainer begins with. */
interface Parts {
  readonly backbone: Backbone
  readonly model: ImageModel<AnyConfig>
  readonly examples: Examples
  readonly head: LinearHead | undefined
  readonly validation: number
}

/**
 * Trains a new head on a model that stays as it is, picture by picture: what a page needs that learns from its visitor.
 * Of a picture only its feature is kept, as many values as the model is wide. The model computes features where `load`
 * puts it; in a page that is a worker. `createHeadTrainer` makes one.
 */
export class HeadTrainer {
  /** Computes the features; it has no head. It is freed with the trainer. */
  readonly model: ImageModel<AnyConfig>
  readonly #backbone: Backbone
  readonly #examples: Examples
  readonly #validation: number
  #learnt: Learnt | undefined
  #isTraining = false

  /** @internal Use `createHeadTrainer`. */
  constructor({ backbone, model, examples, head, validation }: Parts) {
    this.model = model
    this.#backbone = backbone
    this.#examples = examples
    this.#learnt = head && { head, record: { trained: 'head' } }
    this.#validation = validation
  }

  /** The classes: those given, and those of pictures, in the order in which they came. */
  get labels(): readonly string[] {
    return this.#examples.labels
  }

  /** The pictures that were added, without their features. */
  get examples(): readonly Example[] {
    return this.#examples.all.map(({ id, label }) => ({ id, label }))
  }

  /** The classes that the head tells apart now; undefined before it is trained. */
  get trainedLabels(): readonly string[] | undefined {
    return this.#learnt?.head.labels
  }

  /**
   * Adds a picture: computes its feature, and keeps that.
   * @param label the name of its class; another name makes another class
   * @throws what `embed` throws
   */
  async add(image: ImageInput, label: string, given?: AddOptions): Promise<Example> {
    const text = { wanted: 'a text', valid: (value: unknown) => typeof value === 'string' }
    const { id, ...options } = readOptions<AddOptions>('add', { ...imageFields, id: text }, given)
    requireLabel(label)
    // Both now, so that they don't depend on which of several pictures is done first.
    const place = this.#examples.nextPlace()
    const example = { id: id ?? this.#examples.nextId(), label }
    const feature = await this.model.embed(image, options)
    this.#examples.put({ ...example, place, feature })
    return example
  }

  /**
   * Adds many pictures, a few at once. One that can't be read is left out, and what comes for it has an `error`.
   * @param samples any iterable or async iterable
   * @returns the pictures in their order, each when it is done
   * @throws the signal's reason; DisposedError; what the iterable throws
   */
  async *addAll(
    samples: Iterable<HeadSample> | AsyncIterable<HeadSample>,
    given?: ImageOptions,
  ): AsyncGenerator<Added, void, undefined> {
    const { signal, ...options } = readOptions<ImageOptions>('addAll', imageFields, given)
    const ahead = 2 * this.model.backend.threads.count
    yield* concurrentMap(samples, ahead, signal, async ({ image, label, id }, signal) => {
      try {
        return await this.add(image, label, { ...options, signal, id })
      } catch (error) {
        signal.throwIfAborted()
        if (!isAboutImage(error)) throw error
        return { id: id ?? '', label, error }
      }
    })
  }

  /**
   * Says that a picture is of another class.
   * @throws ArgumentError where there is no such picture
   */
  relabel(id: string, label: string): void {
    requireLabel(label)
    this.#examples.relabel(id, label)
  }

  /** Forgets a picture. @returns whether it was there */
  remove(id: string): boolean {
    return this.#examples.remove(id)
  }

  /** Forgets a class and its pictures. @returns whether it was there */
  removeLabel(label: string): boolean {
    return this.#examples.removeLabel(label)
  }

  /**
   * Trains a head on all pictures that there are now, from zeros, and evaluates it on those that are held out. Then it
   * is the head of this trainer. It takes about a second for 2,000 pictures of ten classes; the caller's thread is never
   * busy for longer than a few milliseconds. A loop that is left early keeps the head as it is then.
   * @returns every update
   * @throws DatasetError for fewer than two classes, or a class without pictures; ArgumentError for options, and while
   *   it is training already; NumericError where training diverges; the signal's reason
   */
  async *train(given?: HeadTrainOptions): AsyncGenerator<HeadProgress, void, undefined> {
    const options = readOptions<HeadTrainOptions>('train', headTrainFields, given)
    const { signal, evalEvery = 50, ...said } = options
    if (this.#isTraining) throw new ArgumentError('This head is being trained already.')
    const { labels, train, validation } = this.#examples.divided(this.#validation)
    const recipe = headRecipe(train.length, said)
    const { totalSteps } = recipe
    const before = this.#learnt
    this.#isTraining = true
    try {
      for await (const { head, ...step } of fit(train, labels, recipe, signal)) {
        const record = { trained: 'head', pictures: train.length, ...recipe, steps: step.step }
        const isDue = evalEvery > 0 && step.step % evalEvery === 0
        const isEvaluated = isDue || step.step === totalSteps
        const evaluation = isEvaluated ? await judge(head, validation, signal) : undefined
        const held = evaluation?.pictures ? { validation: evaluation.accuracy } : {}
        this.#learnt = { head, record: { ...record, ...held } }
        yield { ...step, totalSteps, ...(evaluation && { evaluation }) }
      }
    } catch (error) {
      this.#learnt = before
      throw error
    } finally {
      this.#isTraining = false
    }
  }

  /**
   * How the head does on the pictures that are held out, or on all. Mistakes are named by the ids of pictures.
   * @throws ArgumentError before it is trained, or where there are pictures of classes that it does not know
   */
  async evaluate(which: 'validation' | 'all' = 'validation'): Promise<Evaluation> {
    const { head } = this.#trained()
    const { labels, train, validation } = this.#examples.divided(this.#validation)
    if (labels.join('\n') !== head.labels.join('\n')) {
      throw new ArgumentError('The classes are others than those of the head: train it again.')
    }
    return judge(head, which === 'all' ? [...train, ...validation] : validation)
  }

  /**
   * The most probable classes of a picture, the most probable first.
   * @throws ArgumentError before the head is trained; what `embed` throws
   */
  async classify(image: ImageInput, given?: ClassifyOptions): Promise<Prediction[]> {
    const read = readOptions<ClassifyOptions>('classify', classifyFields, given)
    const { topK = 5, ...options } = read
    const { head } = this.#trained()
    const feature = await this.model.embed(image, options)
    return topPredictions(head.logits(feature), topK, head.labels)
  }

  /**
   * The model with the head: a safetensors file that just loads, with class names, preprocessing and a record of the
   * training inside. The checkpoint is read again for it.
   * @throws ArgumentError before the head is trained; what `load` throws
   */
  async export(given?: ExportOptions): Promise<Uint8Array> {
    const fields = {
      dtype: { wanted: 'f32, f16 or int8', valid: (v: unknown) => dtypes.includes(v as 'f32') },
      signal: signalField,
    }
    const options = readOptions<ExportOptions>('export', fields, given)
    const { head, record } = this.#trained()
    return withHead(this.#backbone, head, record, options)
  }

  /**
   * What was added and learnt, without pictures and without the model: `createHeadTrainer` goes on from it.
   * @returns a safetensors file, 4 bytes for each value of each feature
   */
  async save(): Promise<Uint8Array> {
    const origin = await originOf(this.model)
    return encodeProject({ examples: this.#examples, head: this.#learnt?.head, origin })
  }

  /** Frees the model. */
  dispose(): void {
    this.model.dispose()
  }

  /** The same as `dispose()`, for `using trainer = await createHeadTrainer()`. */
  [Symbol.dispose](): void {
    this.dispose()
  }

  #trained(): Learnt {
    if (this.#learnt) return this.#learnt
    throw new ArgumentError(
      'There is no head yet: add pictures of at least two classes, and train.',
    )
  }
}

const dtypes = ['f32', 'f16', 'int8'] as const

function requireLabel(label: unknown): void {
  if (typeof label === 'string' && label !== '') return
  throw new ArgumentError(`A class is named by a text, not by ${show(label)}.`)
}

/** Other errors, such as of memory or of a dead worker, are no fault of a picture. */
const isAboutImage = (error: unknown): error is VitrineError =>
  error instanceof VitrineError && ['FORMAT', 'UNSUPPORTED', 'LIMIT', 'SOURCE'].includes(error.code)
