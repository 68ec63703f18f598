import { VitrineError } from '../../errors.ts'
import type { RGBImage } from '../../image/image.ts'
import { toRGB } from '../../image/input.ts'
import { resizePillow } from '../../image/preprocess/pillow-resize.ts'
import type { Sample, Split, Unusable } from './dataset.ts'
import { DatasetError } from './errors.ts'

export interface PicturesOptions {
  /**
   * Larger pictures are shrunk so that their shorter side has so many pixels, with antialias, before they are kept.
   * Crops of a shrunk picture are not exactly those of the release, which crops the whole one; by default no picture
   * is shrunk.
   */
  readonly shorterSide?: number
  /** How many bytes of decoded pictures are kept in memory; 256 MiB by default, 0 for none. */
  readonly cacheBytes?: number
  /** Whether a picture that can't be decoded is an error, instead of being left out; false by default. */
  readonly strict?: boolean
  /** Whether pictures are turned upright as their files say; true by default. */
  readonly orientation?: boolean
  /** The largest picture to decode, in pixels; 64 Mi by default. */
  readonly maxPixels?: number
}

/** A decoded picture with its class. */
export interface Picture {
  readonly name: string
  readonly label: number
  readonly image: RGBImage
}

const CACHE_BYTES = 2 ** 28

/**
 * Decodes the samples of a split. Decoded pictures are kept as long as there is room; none makes room for another, since
 * training goes through all in a new order each time. Samples that can't be decoded are counted and named.
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

  /** The samples that could not be decoded so far, each once, in the order in which they were met. */
  get unusable(): readonly Unusable[] {
    return [...this.#unusable.values()]
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
    const kept = this.#kept.get(index)
    if (kept) return kept
    if (this.#unusable.has(index)) return undefined
    let name = this.#split.name(index)
    try {
      const sample = await this.#split.read(index, signal)
      name = sample.name
      const image = await this.#decode(sample, signal)
      const picture = { name, label: sample.label, image }
      // Pixels that come as such are in memory already.
      if (image !== sample.image) this.#keep(index, picture)
      return picture
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

  async #decode({ image }: Sample, signal: AbortSignal | undefined): Promise<RGBImage> {
    const { orientation = true, maxPixels, shorterSide } = this.#options
    const decoded =
      image instanceof Uint8Array
        ? await toRGB(image, {
            orientation,
            ...(maxPixels !== undefined && { maxPixels }),
            ...(signal && { signal }),
          })
        : image
    return shorterSide === undefined ? decoded : shrink(decoded, shorterSide)
  }

  #keep(index: number, picture: Picture): void {
    const { length } = picture.image.data
    if (this.#kept.has(index)) return
    if (this.#bytes + length > (this.#options.cacheBytes ?? CACHE_BYTES)) return
    this.#kept.set(index, picture)
    this.#bytes += length
  }
}

/** Other errors, such as of memory or of a dead worker, are no fault of a sample. */
const isAboutSample = (error: unknown): error is VitrineError =>
  error instanceof VitrineError && ['FORMAT', 'UNSUPPORTED', 'LIMIT', 'SOURCE'].includes(error.code)

function shrink(image: RGBImage, shorterSide: number): RGBImage {
  const { width, height } = image
  const shorter = Math.min(width, height)
  if (shorter <= shorterSide) return image
  const [tall, wide] = [height, width].map((side) => Math.round((side * shorterSide) / shorter))
  return resizePillow(image, [tall!, wide!], 'bilinear')
}
