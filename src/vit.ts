/// <reference lib="esnext.disposable" preserve="true" />

import { ahead } from './ahead.ts'
import type { Backend, Executable, Model } from './backends/backend.ts'
import { ArgumentError, DisposedError, UnsupportedError } from './errors.ts'
import type { ImageInput } from './image/image.ts'
import { type InputOptions, toPixels } from './image/input.ts'
import type { Recipe, RecipeName } from './image/preprocess/recipes.ts'
import type { ViTConfig } from './models/config.ts'
import { patchGrid, prefixTokens } from './models/families/vit.ts'
import { attentionRollout } from './models/rollout.ts'
import { withOutputs } from './program/passes/outputs.ts'
import { withoutUnusedRows } from './program/passes/rows.ts'
import type { Program } from './program/program.ts'

export interface RunOptions {
  signal?: AbortSignal | undefined
}

export interface ImageOptions extends RunOptions {
  /** Whether EXIF orientation is applied; true unless said otherwise. */
  orientation?: boolean | undefined
  /** The largest image that is decoded, in pixels; 64 Mi unless said otherwise. */
  maxPixels?: number | undefined
}

export interface ClassifyOptions extends ImageOptions {
  /** How many classes are returned, the most probable first; 5 unless said otherwise. */
  topK?: number | undefined
}

export interface Prediction {
  /** The class's place in the head. */
  index: number
  /** Its name; its index as text where the names are not known. */
  label: string
  /** Softmax over all classes, 0 to 1. */
  probability: number
}

export interface AttentionMaps {
  /** Softmax weights, `[layers, heads, tokens, tokens]`: row query, column key. */
  layers: Float32Array
  shape: readonly [layers: number, heads: number, tokens: number, tokens: number]
  /**
   * How much each patch reaches the answer: attention rollout of the class token, or of the mean of
   * all patches where there is none; `[grid rows, grid columns]`.
   */
  rollout: Float32Array
  grid: readonly [rows: number, columns: number]
}

/** What `load` puts together. */
export interface Parts {
  config: ViTConfig
  backend: Backend
  model: Model
  program: Program
  recipe: RecipeName | Recipe
  labels: readonly string[] | undefined
}

/**
 * A loaded Vision Transformer. Calls may overlap: with one thread they are computed one after the other,
 * with several side by side where that is faster. Up to 1024 may wait.
 */
export class ViT {
  readonly config: Readonly<ViTConfig>
  /** What computes, and why it was chosen. */
  readonly backend: {
    readonly name: string
    readonly description: string
    readonly threads: { readonly count: number; readonly reason: string }
    /** The `GPUDevice` that computes, where one does; another one once it was lost. */
    readonly device?: object | undefined
  }
  /** How images become pixels: a recipe's name, or a recipe. */
  readonly preprocess: RecipeName | Recipe
  readonly labels: readonly string[] | undefined
  readonly #model: Model
  readonly #backend: Backend
  readonly #program: Program
  /** Images under way at once: what is computed together, and as much again for when it is done. */
  readonly #ahead: number
  readonly #compiled = new Map<string, Executable>()
  #disposed = false

  /** @internal Use `load`. */
  constructor({ config, backend, model, program, recipe, labels }: Parts) {
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
    this.#ahead = 2 * (backend.together ?? threads.count)
    this.preprocess = recipe
    this.labels = labels
    this.#model = model
    this.#backend = backend
    this.#program = program
  }

  /**
   * The most probable classes of an image, or of each of several.
   * @throws UnsupportedError for a model without a head or with logits per token; what `toRGB` throws
   *   for images that can't be read; the signal's reason
   */
  classify(image: ImageInput, options?: ClassifyOptions): Promise<Prediction[]>
  classify(images: readonly ImageInput[], options?: ClassifyOptions): Promise<Prediction[][]>
  async classify(
    input: ImageInput | readonly ImageInput[],
    options: ClassifyOptions = {},
  ): Promise<Prediction[] | Prediction[][]> {
    if (Array.isArray(input)) {
      const all: Prediction[][] = []
      for await (const top of this.classifyAll(input, options)) all.push(top)
      return all
    }
    if (this.config.classifier === 'unpooled' || this.config.classifier === 'token_unpooled') {
      throw new UnsupportedError('This model has logits for every token; see logits().')
    }
    const topK = options.topK ?? 5
    if (!Number.isSafeInteger(topK) || topK < 1) {
      throw new ArgumentError(`topK must be a whole number from 1, not ${topK}.`)
    }
    const logits = await this.logits(await this.pixels(input as ImageInput, options), options)
    return topPredictions(logits, topK, this.labels)
  }

  /**
   * The most probable classes of each of many images, in their order, as they become known. Images are
   * taken from the iterable, read and computed a few ahead of the one that is asked for: memory does
   * not grow with their number, and every thread has an image to itself. The first image that fails
   * ends it; what was begun for others is aborted, also where the loop is left early.
   * @throws what `classify` throws, and what the iterable throws
   */
  classifyAll(
    images: Iterable<ImageInput> | AsyncIterable<ImageInput>,
    options: ClassifyOptions = {},
  ): AsyncGenerator<Prediction[], void, undefined> {
    const classify = (image: ImageInput, signal: AbortSignal) =>
      this.classify(image, { ...options, signal })
    return ahead(images, this.#ahead, options.signal, classify)
  }

  /**
   * What the head multiplies: the pooled token, `[width]` (`[representation]` after pre_logits; all
   * tokens `[tokens, width]` for an unpooled model).
   */
  async embed(image: ImageInput, options: ImageOptions = {}): Promise<Float32Array> {
    return this.#run(['features'], await this.pixels(image, options), options, ({ features }) => {
      return features!
    })
  }

  /**
   * The logits of preprocessed pixels.
   * @param pixels `[count, height, width, 3]`, normalised; not to be changed before the call is done
   * @returns `[count, classes]`; `[count, tokens, classes]` for an unpooled model
   * @throws ArgumentError where the pixels are not `count` images of the model's size
   */
  async logits(
    pixels: Float32Array,
    options: RunOptions & { count?: number | undefined } = {},
  ): Promise<Float32Array> {
    if (this.config.classes === 0)
      throw new UnsupportedError('This model has no head; see embed().')
    const size = this.config.imageSize[0] * this.config.imageSize[1] * 3
    const isFloats = pixels instanceof Float32Array
    const count = options.count ?? (isFloats ? pixels.length / size : 0)
    if (!isFloats || !Number.isSafeInteger(count) || count < 1 || pixels.length !== count * size) {
      const wanted = `a Float32Array [count, ${this.config.imageSize.join(', ')}, 3]`
      const found = isFloats ? `${pixels.length} values` : Object.prototype.toString.call(pixels)
      throw new ArgumentError(`Expected ${wanted}, found ${found}.`)
    }
    const images = Array.from({ length: count }, (_, i) =>
      pixels.subarray(i * size, (i + 1) * size),
    )
    const all: Float32Array[] = []
    const run = (image: Float32Array, signal: AbortSignal | undefined) =>
      this.#run(['logits'], image, { signal }, ({ logits }) => logits!)
    if (count === 1) return run(pixels, options.signal)
    for await (const logits of ahead(images, this.#ahead, options.signal, run)) all.push(logits)
    return concatenate(all)
  }

  /**
   * The logits of pixels that are on the GPU already; they stay there.
   * @param pixels a `GPUBuffer` of f32 on `backend.device`, `[count, height, width, 3]`, normalised,
   *   with the usage COPY_SRC
   * @returns a `GPUBuffer` of f32, `[count, classes]` (`[count, tokens, classes]`), yours to destroy
   * @throws UnsupportedError where no GPU computes; ArgumentError, LimitError for what does not fit
   */
  async logitsOnDevice(pixels: object, { count = 1 }: { count?: number } = {}): Promise<object> {
    if (this.config.classes === 0)
      throw new UnsupportedError('This model has no head; see embed().')
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new ArgumentError(`count must be a whole number from 1, not ${count}.`)
    }
    const executable = this.#executable(['logits'])
    if (!executable.runOnDevice) {
      throw new UnsupportedError(`The backend ${this.backend.name} takes no buffers of a GPU.`)
    }
    return (await executable.runOnDevice(pixels, count)).logits!
  }

  /** The attention of every layer and head for one image, and what it adds up to. */
  async attention(image: ImageInput, options: ImageOptions = {}): Promise<AttentionMaps> {
    const names = Array.from({ length: this.config.depth }, (_, i) => {
      return `blocks.${i}.attention.weights`
    })
    const pixels = await this.pixels(image, options)
    const layers = await this.#run(names, pixels, options, (maps) => {
      return concatenate(names.map((name) => maps[name]!))
    })
    const grid = patchGrid(this.config)
    const prefix = prefixTokens(this.config)
    const tokens = prefix + grid[0] * grid[1]
    const { depth, heads } = this.config
    const from = outputShares(tokens, prefix, this.config.classToken)
    const flow = attentionRollout(layers, [depth, heads, tokens], from)
    return {
      layers,
      shape: [depth, heads, tokens, tokens],
      rollout: Float32Array.from(flow.subarray(prefix)),
      grid,
    }
  }

  /**
   * An image as the model takes it: decoded, resized and normalised as its weights were trained.
   * @returns `[height, width, 3]`
   */
  async pixels(image: ImageInput, options: ImageOptions = {}): Promise<Float32Array> {
    const { signal, orientation, maxPixels } = options
    const input: InputOptions = {
      ...(signal && { signal }),
      ...(orientation !== undefined && { orientation }),
      ...(maxPixels !== undefined && { maxPixels }),
    }
    return toPixels(image, this.preprocess, this.config.imageSize, input)
  }

  /** Frees the model's memory, in the workers too. Calls that are under way fail with a DisposedError. */
  dispose(): void {
    this.#disposed = true
    this.#compiled.clear()
    this.#model.dispose()
    this.#backend.dispose?.()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  async #run<T>(
    names: readonly string[],
    pixels: Float32Array,
    options: RunOptions,
    take: (outputs: Record<string, Float32Array>) => T,
  ): Promise<T> {
    return take(await this.#executable(names).run(pixels, { signal: options.signal }))
  }

  #executable(names: readonly string[]): Executable {
    if (this.#disposed) throw new DisposedError('The model')
    const key = names.join()
    let executable = this.#compiled.get(key)
    if (!executable) {
      executable = this.#model.compile(withoutUnusedRows(withOutputs(this.#program, names)))
      this.#compiled.set(key, executable)
    }
    return executable
  }
}

function topPredictions(
  logits: Float32Array,
  topK: number,
  labels: readonly string[] | undefined,
): Prediction[] {
  const top = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - top))
  const sum = exponentials.reduce((a, b) => a + b, 0)
  return exponentials
    .map((value, index) => ({
      index,
      label: labels?.[index] ?? String(index),
      probability: value / sum,
    }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, topK)
}

/** All of the class token, or an equal share of every patch. */
function outputShares(tokens: number, prefix: number, classToken: boolean): Float64Array {
  const shares = new Float64Array(tokens)
  if (classToken) shares[0] = 1
  else shares.fill(1 / (tokens - prefix), prefix)
  return shares
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const only = parts.length === 1 ? parts[0] : undefined
  if (only) return only
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
