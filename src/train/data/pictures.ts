import { VitrineError } from '../../errors.ts'
import type { AugmentOptions } from '../../image/augment/augment.ts'
import { checkHeader } from '../../image/decode.ts'
import type { RGBImage } from '../../image/image.ts'
import { toRGB } from '../../image/input.ts'
import { drawImage } from '../../image/worker/draw.ts'
import { show } from '../../show.ts'
import type { Sample, Split, Unusable } from './dataset.ts'
import { DatasetError } from './errors.ts'

export interface PicturesOptions {
  /** Where decoded pictures are kept, which other splits may share; none are without. */
  readonly room?: CacheRoom
  /** Whether a picture that can't be decoded is an error, instead of being left out; false by default. */
  readonly strict?: boolean
  /** Whether pictures are turned upright as their files say; true by default. */
  readonly orientation?: boolean
  /** The largest picture to decode, in pixels; 64 Mi by default. */
  readonly maxPixels?: number
  /**
   * The names of the split's classes. With them, a class that has pictures, none of which can be decoded, is an error:
   * nothing would be learnt of it.
   */
  readonly classes?: readonly string[]
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

/** So many bytes of memory for decoded pictures, of all splits that share it. */
export class CacheRoom {
  /** Bytes that are free. */
  left: number

  /** @param bytes 256 MiB by default, 0 for none */
  constructor(bytes = CACHE_BYTES) {
    this.left = bytes
  }
}

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
  /** How many pictures of each class may still be usable; counted once one is not. */
  #left: number[] | undefined
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
   * @throws DatasetError where the whole data set vanished, where no picture of its class can be decoded, or, if strict,
   *   for a picture that can't be decoded; the signal's reason
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
      if (drawn.kept) this.#keep(index, { name, label, image: drawn.kept })
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
      this.#leaveOut(index, { name, reason: error.message })
      return undefined
    }
  }

  /** @throws DatasetError where it was the last one of its class */
  #leaveOut(index: number, one: Unusable): void {
    if (this.#unusable.has(index)) return
    this.#unusable.set(index, one)
    const { classes } = this.#options
    if (!classes) return
    this.#left ??= countsOf(this.#split, classes.length)
    const label = this.#split.label(index)
    if (--this.#left[label]! > 0) return
    throw new DatasetError(
      `No training picture of the class ${show(classes[label])} can be decoded; ${one.name}: ${one.reason}. ` +
        'Replace its pictures, or remove the class.',
    )
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
    return this.#options.room?.left ?? 0
  }

  #keep(index: number, picture: Picture): void {
    const { length } = picture.image.data
    const { room } = this.#options
    if (!room || this.#kept.has(index) || length > room.left) return
    this.#kept.set(index, picture)
    this.#bytes += length
    room.left -= length
  }
}

function countsOf(split: Split, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0)
  for (let i = 0; i < split.size; i++) counts[split.label(i)]!++
  return counts
}

/** Other errors, such as of memory or of a dead worker, are no fault of a sample. */
const isAboutSample = (error: unknown): error is VitrineError =>
  error instanceof VitrineError && ['FORMAT', 'UNSUPPORTED', 'LIMIT', 'SOURCE'].includes(error.code)
