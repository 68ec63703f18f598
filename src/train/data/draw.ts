import type { AugmentOptions } from '../../image/augment/augment.ts'
import { orderOf } from '../../image/augment/draws.ts'
import { DatasetError } from './errors.ts'
import type { DrawnPicture, Pictures } from './pictures.ts'
import { settledMap } from './settled-map.ts'

/** How far training has gone through its pictures. */
export interface Place {
  /** How often it went through all of them before, from 0. */
  readonly epoch: number
  /** How many of this epoch's order it has taken. */
  readonly position: number
}

/** A picture as the model takes it in training. */
export interface Drawn extends DrawnPicture {
  /** Where to go on after this one. */
  readonly next: Place
}

export interface DrawOptions extends AugmentOptions {
  /** A whole number from 0 to 2^53 - 1, which decides the order and the augmentation. */
  readonly seed: number
  /** Where to begin; with the first epoch by default. */
  readonly from?: Place
  /** How many pictures are read and decoded at once; 16 by default. */
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
  const draw = async ({ index, epoch, position }: Turn, signal: AbortSignal) => {
    const drawn = await pictures.draw(index, { ...options, epoch }, signal)
    return drawn && { ...drawn, next: { epoch, position: position + 1 } }
  }
  let skipped = 0
  for await (const one of settledMap(turns(pictures.size, seed, from), ahead, signal, draw)) {
    if (one) {
      skipped = 0
      yield one
    } else if (++skipped >= pictures.size) throw nothingDrawn(pictures)
  }
  throw new DatasetError('There are no training pictures.')
}

function nothingDrawn({ size, unusable: [first] }: Pictures): DatasetError {
  return new DatasetError(
    `None of the ${size} training pictures can be decoded; ${first?.name}: ${first?.reason}`,
  )
}

/** A picture's turn in an epoch. */
interface Turn extends Place {
  /** Its place in the data set. */
  readonly index: number
}

/** Ends only if there is nothing to draw. */
function* turns(size: number, seed: number, from: Place): Generator<Turn> {
  for (let { epoch, position } = from; size > 0; epoch++, position = 0) {
    const order = orderOf(size, seed, epoch)
    for (; position < size; position++) yield { epoch, position, index: order[position]! }
  }
}
