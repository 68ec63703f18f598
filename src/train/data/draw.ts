import { concurrentMap } from '../../concurrent-map.ts'
import { type AugmentOptions, augmentImage } from '../augment/augment.ts'
import { drawsOf, orderOf } from '../augment/draws.ts'
import { DatasetError } from './errors.ts'
import type { Pictures } from './pictures.ts'

/** How far training has gone through its pictures. */
export interface Place {
  /** How often it went through all of them before, from 0. */
  readonly epoch: number
  /** How many of this epoch's order it has taken. */
  readonly position: number
}

/** A picture as the model takes it in training. */
export interface Drawn {
  readonly name: string
  /** The number of its class, from 0. */
  readonly label: number
  /** `[height, width, channels]`, normalised. */
  readonly pixels: Float32Array
  /** Where to go on after this one. */
  readonly next: Place
}

export interface DrawOptions extends AugmentOptions {
  /** A whole number from 0 to 2^53 - 1, which decides the order and the augmentation. */
  readonly seed: number
  /** Where to begin; with the first epoch by default. */
  readonly from?: Place
  /** How many pictures are read and decoded ahead; 16 by default. */
  readonly ahead?: number
  readonly signal?: AbortSignal
}

/**
 * Training pictures without end: each epoch has all of them once, in an order of its own, augmented. What comes depends
 * on the seed and the place alone, so that a run that goes on from a place gets what it would have got. Pictures that
 * can't be decoded are skipped.
 * @throws DatasetError if none can be decoded, and what `Pictures.read` throws
 */
export async function* drawPictures(
  pictures: Pictures,
  options: DrawOptions,
): AsyncGenerator<Drawn, never, undefined> {
  const { seed, from = { epoch: 0, position: 0 }, ahead = 16, signal } = options
  let skipped = 0
  const drawn = concurrentMap(
    places(pictures.size, seed, from),
    ahead,
    signal,
    async ({ index, epoch, position }, signal): Promise<Drawn | undefined> => {
      const picture = await pictures.read(index, signal)
      if (!picture) return undefined
      const { name, label, image } = picture
      const pixels = augmentImage(image, options, drawsOf(seed, epoch, index))
      return { name, label, pixels, next: { epoch, position: position + 1 } }
    },
  )
  for await (const one of drawn) {
    if (one) {
      skipped = 0
      yield one
    } else if (++skipped >= pictures.size) {
      const [first] = pictures.unusable
      throw new DatasetError(
        `None of the ${pictures.size} training pictures can be decoded; ${first?.name}: ${first?.reason}`,
      )
    }
  }
  throw new DatasetError('There are no training pictures.')
}

/** Ends only if there is nothing to draw. */
function* places(
  size: number,
  seed: number,
  from: Place,
): Generator<Place & { readonly index: number }> {
  for (let { epoch, position } = from; size > 0; epoch++, position = 0) {
    const order = orderOf(size, seed, epoch)
    for (; position < size; position++) yield { epoch, position, index: order[position]! }
  }
}
