import { VitrineError } from '../../errors.ts'
import type { AugmentOptions } from '../../image/augment/augment.ts'
import { checkHeader } from '../../image/decode.ts'
import type { RGBImage } from '../../image/image.ts'
import { toRGB } from '../../image/input.ts'
import { drawImage } from '../../image/worker/draw.ts'
import type { Sample, Split, Unusable } from './dataset.ts'
import { DatasetError } from './errors.ts'

export interface PicturesOptions {
  /** How many bytes of decoded pictures are kept in memory; 256 MiB by default, 0 for none. */
  readonly cacheBytes?: number
  /** Whether a picture that can't be decoded is an error, instead of being left out; false by default. */
  readonly strict?: boolean
  /** Whether pictures are turned upright as their files say; true by default. */
  readonly orientation?: boolean
  /** The largest picture to decode, in pixels; 64 Mi by default. */
  readonly maxPixels?: number
  /** How many workers decode and change pictures for training; by default 0, the caller's thread does. */
  readonly workers?: number
}

/** A decoded picture with its class. */
export interface Picture {
  readonly name: string
  readonly label: number
  readonly image: RGBImage
}

/** A picture with its class as a model takes it in training. */
export interface DrawnPicture {
  readonly name: string
  readonly label: number
  /** `[height, width, channels]`, normalised */
  readonly pixels: Float32Array
}

/** What a picture's random words follow from, beside its place. */
interface Turn {
  readonly seed: number
  /** How often the data set was gone through before, from 0. */
  readonly epoch: number
}

const CACHE_BYTES = 2 ** 28

/**
 * Decodes the samples of a split. Decoded pictures are kept whole as long as there is room, so that what is drawn of
 * them is what would be drawn of their files; none makes room for another, since training goes through all in a new
 * order each time. Samples that can't be decoded are counted and named.
 */
export class Pictures {
  readonly #split: Split
  readonly #options: PicturesOptions
  readonly #kept = new Map<number, Picture>()
  readonly #unusable = new Map<number, Unusable>()
  #bytes = 0

  constructor(split: Split, options: PicturesOptions = {}) {
    this.#split = split
    this.#options = options
  }

  get size(): number {
    return this.#split.size
  }

  /** The samples that could not be decoded so far, each once, in the order of the data set. */
  get unusable(): readonly Unusable[] {
    return [...this.#unusable].sort(([a], [b]) => a - b).map(([, one]) => one)
  }

  /** How many bytes of decoded pictures are kept. */
  get cachedBytes(): number {
    return this.#bytes
  }

  /**
   * A decoded picture; undefined if it can't be read or decoded.
   * @throws DatasetError where the whole data set vanished, or, if strict, for a picture that can't be decoded; the
   *   signal's reason
   */
  async read(index: number, signal?: AbortSignal): Promise<Picture | undefined> {
    return this.#use(index, signal, async ({ name, label, image }) => {
      if (!(image instanceof Uint8Array)) return { name, label, image }
      const decoded = await toRGB(image, { ...this.#decoding, ...(signal && { signal }) })
      const picture = { name, label, image: decoded }
      this.#keep(index, picture)
      return picture
    })
  }

  /**
   * A picture, changed at random for training; undefined if it can't be read or decoded.
   * @throws what `read` throws
   */
  async draw(
    index: number,
    { seed, epoch, augment, flip, size, recipe, channels }: AugmentOptions & Turn,
    signal?: AbortSignal,
  ): Promise<DrawnPicture | undefined> {
    return this.#use(index, signal, async ({ name, label, image }) => {
      const keeps = image instanceof Uint8Array && (await this.#hasRoomFor(image))
      const draw = {
        ...{ augment, size, recipe, keeps, words: [seed, epoch, index] as const },
        ...(flip !== undefined && { flip }),
        ...(channels !== undefined && { channels }),
      }
      const drawn = await drawImage(image, draw, {
        ...this.#decoding,
        workers: this.#options.workers ?? 0,
        ...(signal && { signal }),
      })
      if (drawn.image) this.#keep(index, { name, label, image: drawn.image })
      return { name, label, pixels: drawn.pixels }
    })
  }

  /** Makes something of a sample, or notes why that can't be done. */
  async #use<T>(
    index: number,
    signal: AbortSignal | undefined,
    make: (sample: Sample) => Promise<T>,
  ): Promise<T | undefined> {
    if (this.#unusable.has(index)) return undefined
    let name = this.#split.name(index)
    try {
      const sample = this.#kept.get(index) ?? (await this.#split.read(index, signal))
      name = sample.name
      return await make(sample)
    } catch (error) {
      signal?.throwIfAborted()
      if (!isAboutSample(error)) throw error
      if (this.#options.strict) {
        throw new DatasetError(`${name} can't be used: ${error.message}`, { cause: error })
      }
      this.#unusable.set(index, { name, reason: error.message })
      return undefined
    }
  }

  get #decoding(): { orientation: boolean; maxPixels?: number } {
    const { orientation = true, maxPixels } = this.#options
    return { orientation, ...(maxPixels !== undefined && { maxPixels }) }
  }

  /** Whether a file's pixels can be kept; it is asked before they are sent from another thread. */
  async #hasRoomFor(file: Uint8Array): Promise<boolean> {
    if (this.#room === 0) return false
    const { width, height } = await checkHeader(file, this.#options.maxPixels)
    return width * height * 3 <= this.#room
  }

  get #room(): number {
    return Math.max(0, (this.#options.cacheBytes ?? CACHE_BYTES) - this.#bytes)
  }

  #keep(index: number, picture: Picture): void {
    const { length } = picture.image.data
    if (this.#kept.has(index) || length > this.#room) return
    this.#kept.set(index, picture)
    this.#bytes += length
  }
}

/** Other errors, such as of memory or of a dead worker, are no fault of a sample. */
const isAboutSample = (error: unknown): error is VitrineError =>
  error instanceof VitrineError && ['FORMAT', 'UNSUPPORTED', 'LIMIT', 'SOURCE'].includes(error.code)
