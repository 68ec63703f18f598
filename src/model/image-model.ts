/// <reference lib="esnext.disposable" preserve="true" />

import type { Refill } from '../backends/backend.ts'
import type { ModelConfig } from '../checkpoint/model-config.ts'
import { aboutImage, UnsupportedError } from '../errors.ts'
import { copyPlain, validOptions } from '../fields.ts'
import type { ImageInput } from '../image/image.ts'
import { toPixels } from '../image/input.ts'
import type { Recipe, RecipeName } from '../image/preprocess/recipes.ts'
import type { Program } from '../program/program.ts'
import type { AttentionMaps } from './attention.ts'
import type { LayerFeatures } from './features.ts'
import type { InputEmbeddings } from './input-embeddings.ts'
import {
  type ClassifyOptions,
  classifyFields,
  type DeviceOptions,
  deviceFields,
  type EmbedOptions,
  embedFields,
  type FeaturesOptions,
  type ImageOptions,
  imageFields,
  type LogitsOptions,
  logitsFields,
  type RunOptions,
  refuseOptions,
  runFields,
  type TokensOptions,
} from './options.ts'
import { copyImage, countImages } from './pixels.ts'
import type { PatchTokens } from './pools.ts'
import { type Prediction, topPredictions } from './predictions.ts'
import { Runner, type RunnerParts } from './runner.ts'
import type { AnySize, ReadyImage, Sized } from './sized.ts'
import type { ReadingOptions, Steps } from './steps.ts'
import type { TokenMerging } from './token-merging.ts'
import type { TokenReader } from './token-reader.ts'
import type { Tokens } from './tokens.ts'
import { concatenate, normalizeRows } from './vectors.ts'

/** What `load` puts together. */
export interface Parts<Config extends ModelConfig = ModelConfig> extends RunnerParts {
  config: Config
  program: Program
  /** What the program was made of where it merges tokens. */
  merging?: TokenMerging | undefined
  recipe: RecipeName | Recipe
  labels: readonly string[] | undefined
  /** Absent where the checkpoint can't be read again. */
  refill?: Refill | undefined
  /** Most programs never ask. */
  tokens(): Promise<Tokens>
  /** Where images keep their aspect ratio. */
  anySize?: AnySize | undefined
}

type Images = Iterable<ImageInput> | AsyncIterable<ImageInput>

/**
 * A loaded model of images. Calls may overlap: with one thread they are computed one after the other, with several
 * threads side by side if that is faster. At most 1024 runs may wait; further ones are a LimitError.
 *
 * Every call throws an ArgumentError for wrong arguments and options, a DisposedError after `dispose`, a NumericError
 * if a result is not finite, and the signal's reason.
 */
export class ImageModel<Config extends ModelConfig = ModelConfig> {
  /** The model's structure. */
  readonly config: Readonly<Config>
  /** What computes, and why it was chosen. */
  readonly backend: {
    /** `wasm`, `webgpu`, `tfjs` or `reference`. */
    readonly name: string
    /** Which kernels or which GPU, and why, for people. */
    readonly description: string
    /** How many threads compute, and why. */
    readonly threads: { readonly count: number; readonly reason: string }
    /** The `GPUDevice` that computes, if one does. After a device was lost it is another one. */
    readonly device?: object | undefined
  }
  /** How images are preprocessed: a recipe's name, or a recipe. */
  readonly preprocess: RecipeName | Recipe
  /** The class names in the order of the logits, if they are known. */
  readonly labels: readonly string[] | undefined
  readonly #runner: Runner
  /** What computes images of the model's size. */
  readonly #sized: Sized
  readonly #anySize: AnySize | undefined
  readonly #refill: Refill | undefined
  #reader: TokenReader | undefined
  /** Images under way at once: what is computed together, and as much again for when it is done. */
  readonly #ahead: number
  /**
   * The halves of a call, for a server that has a queue of its own.
   * @internal
   */
  readonly steps: () => Promise<Steps>

  /**
   * @internal Use `load`.
   */
  constructor(parts: Parts<Config>) {
    const { config, backend, program, merging, recipe, labels, refill, tokens, anySize } = parts
    this.config = config
    const { name, description, threads = { count: 1, reason: 'the backend has no more' } } = backend
    this.backend = {
      name,
      description,
      threads,
      get device() {
        return backend.device
      },
    }
    const together = backend.together ?? threads.count
    this.#ahead = 2 * together
    this.preprocess = recipe
    this.labels = labels
    this.#runner = new Runner(parts)
    this.#sized = anySize?.usual ?? { program, merging, tokens, compiled: new Map() }
    this.#anySize = anySize
    this.#refill = refill
    this.steps = async () => {
      const { stepsOf } = await import('./steps.ts')
      const prepared = anySize ? undefined : this.#ofPixels.bind(this)
      return stepsOf(program, together, this.#read.bind(this), prepared, this.#runner)
    }
  }

  /**
   * The most probable classes of an image, the most probable first.
   * @throws UnsupportedError for a model without a head, or with logits for every token;
   *   SourceError, FormatError, UnsupportedError, LimitError or MemoryError for images that can't be read
   */
  classify(image: ImageInput, options?: ClassifyOptions): Promise<Prediction[]>
  /**
   * The same for several images, in their order. The first that fails rejects with its `index` and `image`; for many
   * images, or to skip some, see `classifyAll`.
   */
  classify(images: readonly ImageInput[], options?: ClassifyOptions): Promise<Prediction[][]>
  async classify(
    input: ImageInput | readonly ImageInput[],
    given?: ClassifyOptions,
  ): Promise<Prediction[] | Prediction[][]> {
    const options =
      validOptions(classifyFields, given) ??
      (await refuseOptions('classify', classifyFields, given))
    const one = this.#classifier()
    return isArray(input) ? collect(this.#each(input, options, one)) : one(input, options)
  }

  /**
   * The most probable classes of each of many images, in their order. A few images are read and computed ahead, so
   * that every thread has an image of its own; memory does not grow with their number. The first image that fails ends
   * the loop. When the loop ends, early or by an error, the images under way are aborted and the iterable is closed.
   * @param images any iterable or async iterable
   * @throws what `classify` throws, with the `index` and `image` that failed, and what the iterable throws
   */
  async *classifyAll(
    images: Images,
    given?: ClassifyOptions,
  ): AsyncGenerator<Prediction[], void, undefined> {
    const options =
      validOptions(classifyFields, given) ??
      (await refuseOptions('classifyAll', classifyFields, given))
    const one = this.#classifier()
    const { requireImages } = await import('./images.ts')
    yield* this.#each(requireImages('classifyAll', images), options, one)
  }

  /**
   * The embedding of an image: by default what the head multiplies.
   * @returns without a `pool`: `[width]`; `[representation]` if the model has a `pre_logits` layer; `[embedding]` for a
   *   model of images and texts; `[tokens, width]` if it does not pool. With a `pool`: `[width]`, and for `tokens` the
   *   tokens of the patches with their grid
   * @throws UnsupportedError for a pool that the model does not have; SourceError, FormatError, UnsupportedError,
   *   LimitError or MemoryError for images that can't be read
   */
  embed(image: ImageInput, options?: EmbedOptions): Promise<Float32Array>
  /** The tokens of an image's patches. */
  embed(image: ImageInput, options: TokensOptions): Promise<PatchTokens>
  /** The same for several images, in their order. The first that fails rejects with its `index` and `image`. */
  embed(images: readonly ImageInput[], options?: EmbedOptions): Promise<Float32Array[]>
  /** The tokens of several images. */
  embed(images: readonly ImageInput[], options: TokensOptions): Promise<PatchTokens[]>
  async embed(
    input: ImageInput | readonly ImageInput[],
    given?: EmbedOptions | TokensOptions,
  ): Promise<Embedding | Embedding[]> {
    const options =
      validOptions(embedFields, given) ?? (await refuseOptions('embed', embedFields, given))
    const one = this.#embedOne
    return isArray(input) ? collect(this.#each(input, options, one)) : one(input, options)
  }

  /**
   * The embeddings of many images, in their order, a few ahead, as `classifyAll` does it.
   * @param images any iterable or async iterable
   * @throws what `embed` throws, with the `index` and `image` that failed, and what the iterable throws
   */
  embedAll(images: Images, options?: EmbedOptions): AsyncGenerator<Float32Array, void, undefined>
  /** The tokens of the patches of many images. */
  embedAll(images: Images, options: TokensOptions): AsyncGenerator<PatchTokens, void, undefined>
  async *embedAll(
    images: Images,
    given?: EmbedOptions | TokensOptions,
  ): AsyncGenerator<Embedding, void, undefined> {
    const options =
      validOptions(embedFields, given) ?? (await refuseOptions('embedAll', embedFields, given))
    const { requireImages } = await import('./images.ts')
    yield* this.#each(requireImages('embedAll', images), options, this.#embedOne)
  }

  /**
   * The tokens of an image after some of the model's blocks, from one run that ends with the last of them.
   * @returns one for each layer, in the order of `layers`
   * @throws ArgumentError for blocks that the model does not have; UnsupportedError for a norm that it does not have;
   *   SourceError, FormatError, UnsupportedError, LimitError or MemoryError if the image can't be read
   */
  async features(image: ImageInput, given?: FeaturesOptions): Promise<LayerFeatures[]> {
    const options = copyPlain(given)
    return (await this.#tokenReader()).features(image, options)
  }

  /**
   * The logits of preprocessed pixels.
   * @param pixels `[count, height, width, channels]`, normalised and finite. Each image is copied when its turn comes,
   *   so don't change them before the call is done
   * @returns `[count, classes]`; `[count, tokens, classes]` if the model does not pool
   * @throws ArgumentError if the pixels are not `count` images of the model's size, or not finite; UnsupportedError for
   *   a model without a head
   */
  async logits(pixels: Float32Array, given?: LogitsOptions): Promise<Float32Array> {
    const { signal, count } =
      validOptions(logitsFields, given) ?? (await refuseOptions('logits', logitsFields, given))
    this.#requireHead()
    const [height, width] = this.config.imageSize
    const shape = [height, width, this.config.channels] as const
    const images = countImages(pixels, count, shape)
    const one = async (index: number, signal: AbortSignal | undefined) =>
      this.#logitsOf(this.#ofPixels(copyImage(pixels, index, shape)), { signal })
    if (images === 1) return one(0, signal)
    const indices = Array.from({ length: images }, (_, i) => i)
    const results = this.#several(indices, signal, async (index, signal) => {
      try {
        return await one(index, signal)
      } catch (error) {
        throw signal.aborted ? error : aboutImage(error, index)
      }
    })
    return concatenate(await collect(results))
  }

  /**
   * The logits of pixels that are on the GPU already. They stay there, and are not checked for NaN and infinity.
   * @param pixels a `GPUBuffer` of f32 on `backend.device`, `[count, height, width, channels]`, normalised, with the
   *   usage COPY_SRC
   * @returns a `GPUBuffer` of f32, `[count, classes]`, or `[count, tokens, classes]` if the model does not pool. Destroy
   *   it when you are done
   * @throws UnsupportedError if no GPU computes; ArgumentError for a wrong buffer; LimitError for more than a buffer of
   *   this GPU holds
   */
  async logitsOnDevice(pixels: object, given?: DeviceOptions): Promise<object> {
    const { count = 1 } =
      validOptions(deviceFields, given) ??
      (await refuseOptions('logitsOnDevice', deviceFields, given))
    const { runOnDevice } = await import('./on-device.ts')
    this.#requireHead()
    const executable = this.#runner.executable(this.#sized, ['logits'])
    return (await runOnDevice(executable, this.backend.name, pixels, count)).logits!
  }

  /**
   * An image as the model takes it: decoded, resized and normalised.
   * @returns `[height, width, channels]`, as input for `logits`; of a model that takes images of any aspect ratio (SigLIP 2
   *   NaFlex), patch by patch from the top left, `[patches, patch height * patch width * channels]`
   * @throws SourceError, FormatError, UnsupportedError, LimitError or MemoryError for images that can't be read
   */
  async pixels(image: ImageInput, given?: ImageOptions): Promise<Float32Array> {
    const options =
      validOptions(imageFields, given) ?? (await refuseOptions('pixels', imageFields, given))
    this.#runner.requireAlive()
    const { inputs } = await this.#read(image, options)
    return inputs.pixels as Float32Array
  }

  /**
   * The attention weights of every layer and head for one image, and their rollout.
   * @param image one image
   * @throws UnsupportedError for models without attention (MLP-Mixers); SourceError, FormatError, UnsupportedError,
   *   LimitError or MemoryError if the image can't be read
   */
  async attention(image: ImageInput, given?: ImageOptions): Promise<AttentionMaps> {
    const options =
      validOptions(imageFields, given) ?? (await refuseOptions('attention', imageFields, given))
    return (await this.#tokenReader()).attention(image, options)
  }

  /**
   * What turns patches into tokens, to look at: the filters of the patch embedding, and how similar the position
   * embeddings are. They are read from the checkpoint again, in f32 also where the model computes with integers.
   * @throws UnsupportedError for models without position embeddings (MLP-Mixers), and where the checkpoint was a
   *   stream, which can be read only once; SourceError where it is gone, CheckpointError where it is another one by now;
   *   MemoryError for too many patches
   */
  async inputEmbeddings(given?: RunOptions): Promise<InputEmbeddings> {
    const options =
      validOptions(runFields, given) ?? (await refuseOptions('inputEmbeddings', runFields, given))
    options.signal?.throwIfAborted()
    const embeddings = await (await this.#tokenReader()).inputEmbeddings(options)
    this.#runner.requireAlive()
    return embeddings
  }

  /** Frees the model's memory, also in workers and on the GPU. Pending calls reject with a DisposedError. */
  dispose(): void {
    this.#sized.compiled.clear()
    this.#runner.dispose()
  }

  /** The same as `dispose()`, for `using vit = await load()`. */
  [Symbol.dispose](): void {
    this.dispose()
  }

  /** @throws UnsupportedError where the model has no classes to choose from */
  #classifier() {
    this.#requireHead()
    const { outputs, values } = this.#sized.program
    if (values[outputs.logits!]!.shape[0] > 1) {
      throw new UnsupportedError('This model has logits for every token; see logits().')
    }
    return async (image: ImageInput, options: ClassifyOptions): Promise<Prediction[]> => {
      const logits = await this.#logitsOf(await this.#read(image, options), options)
      return topPredictions(logits, options.topK ?? 5, this.labels)
    }
  }

  readonly #embedOne = async (
    image: ImageInput,
    options: EmbedOptions | TokensOptions,
  ): Promise<Embedding> => {
    this.#runner.requireAlive()
    const { pool, normalize } = options
    if (pool) return (await this.#tokenReader()).embed(image, { ...options, pool })
    const { features } = await this.#runner.run(
      await this.#read(image, options),
      ['features'],
      options,
    )
    const { outputs, values } = this.#sized.program
    const [, width] = values[outputs.features!]!.shape
    return normalize ? normalizeRows(features!, width) : features!
  }

  /** What reads the model's tokens, which programs that classify go without. */
  async #tokenReader(): Promise<TokenReader> {
    this.#runner.requireAlive()
    const { TokenReader } = await import('./token-reader.ts')
    this.#reader ??= new TokenReader({
      family: this.config.family,
      usual: this.#sized,
      anySize: this.#anySize,
      refill: this.#refill,
      read: this.#read.bind(this),
      runner: this.#runner,
    })
    return this.#reader
  }

  /** Works on images a few ahead, and says of an error which image it is about. */
  #each<Options extends RunOptions, Result>(
    images: Images,
    options: Options,
    work: (image: ImageInput, options: Options) => Promise<Result>,
  ): AsyncGenerator<Result, void, undefined> {
    let begun = 0
    return this.#several(images, options.signal, async (image, signal) => {
      const index = begun++
      try {
        return await work(image, { ...options, signal })
      } catch (error) {
        if (signal.aborted) throw error
        const { nameOfImage } = await import('../image/name.ts')
        throw aboutImage(error, index, nameOfImage(image))
      }
    })
  }

  async *#several<Item, Result>(
    items: Iterable<Item> | AsyncIterable<Item>,
    signal: AbortSignal | undefined,
    work: (item: Item, signal: AbortSignal) => Promise<Result>,
  ): AsyncGenerator<Result, void, undefined> {
    // Pages that classify one image at a time do without.
    const { concurrentMap } = await import('../concurrent-map.ts')
    yield* concurrentMap(items, this.#ahead, signal, work)
  }

  async #read(image: ImageInput, options: ReadingOptions): Promise<ReadyImage> {
    if (this.#anySize) return this.#anySize.read(image, this.preprocess, options)
    const { imageSize, channels } = this.config
    return this.#ofPixels(await toPixels(image, this.preprocess, imageSize, options, channels))
  }

  #ofPixels(pixels: Float32Array): ReadyImage {
    return { sized: this.#sized, inputs: { pixels } }
  }

  async #logitsOf(image: ReadyImage, options: RunOptions): Promise<Float32Array> {
    return (await this.#runner.run(image, ['logits'], options)).logits!
  }

  #requireHead(): void {
    this.#runner.requireAlive()
    if (this.#sized.program.outputs.logits === undefined)
      throw new UnsupportedError('This model has no head; see embed().')
  }
}

/** A vector, or the tokens of the patches. */
type Embedding = Float32Array | PatchTokens

const isArray = (input: unknown): input is readonly ImageInput[] => Array.isArray(input)

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const result of results) all.push(result)
  return all
}
