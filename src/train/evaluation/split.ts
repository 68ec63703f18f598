import { NumericError, UnsupportedError } from '../../errors.ts'
import { firstNonFinite } from '../../finite.ts'
import type { Channels } from '../../image/image.ts'
import type { TargetSize } from '../../image/preprocess/fit.ts'
import { preprocess } from '../../image/preprocess/preprocess.ts'
import type { Recipe } from '../../image/preprocess/recipes.ts'
import type { Picture, Pictures } from '../data/pictures.ts'
import type { Evaluation } from './evaluation.ts'
import { Tally, type TallyOptions } from './tally.ts'

/** What classifies: a model in training, or one that is loaded. */
export interface Classifier {
  /**
   * @param options.places of the pictures in their split
   * @returns `[pictures, classes]`
   */
  logits(
    pixels: readonly Float32Array[],
    options: { places: readonly number[]; signal?: AbortSignal | undefined },
  ): Promise<Float32Array>
}

export interface SplitOptions extends TallyOptions {
  readonly size: TargetSize
  readonly recipe: Recipe
  readonly channels: Channels
  /** Pictures that are computed together. */
  readonly together: number
  /** How many classes the model has, where `places` says which of them are meant. */
  readonly outputs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** How far an evaluation is. */
export interface EvaluationProgress {
  /** Pictures that were looked at, also those that can't be read. */
  readonly done: number
  /** Pictures in all. */
  readonly total: number
}

/**
 * Classifies all pictures of a split, preprocessed as the trained model will be. While some are computed, the next ones
 * are read.
 * @throws NumericError for logits that are not finite; UnsupportedError for logits of tokens; what reading pictures throws
 */
export async function* evaluateSplit(
  classifier: Classifier,
  pictures: Pictures,
  { size, recipe, channels, together, signal, outputs, ...counted }: SplitOptions,
): AsyncGenerator<EvaluationProgress, Evaluation, undefined> {
  const tally = new Tally(counted)
  const width = outputs ?? counted.classes
  const total = pictures.size
  let next = readFrom(pictures, 0, together, signal)
  for (let start = 0; start < total; start += together) {
    const found = await next
    next = readFrom(pictures, start + together, together, signal)
    // Its failure is met when it is awaited, or not at all if computing fails first.
    next.catch(() => {})
    if (found.length > 0) {
      const pixels = found.map(({ image }) => preprocess(image, recipe, size, channels))
      const places = found.map(({ place }) => place)
      const logits = await classifier.logits(pixels, { places, signal })
      if (logits.length !== found.length * width) {
        throw new UnsupportedError(
          'The model has logits for every token, not for a picture, so it can not be evaluated.',
        )
      }
      found.forEach((picture, i) => {
        const own = logits.subarray(i * width, (i + 1) * width)
        if (firstNonFinite(own) >= 0) throw notFinite(picture)
        tally.add(picture, own)
      })
    }
    yield { done: Math.min(start + together, total), total }
  }
  return tally.result()
}

const notFinite = ({ name }: Picture) =>
  new NumericError(`The logits of ${name} are not finite: the model's weights are too large.`)

/** Those of the next pictures that can be read. */
async function readFrom(
  pictures: Pictures,
  start: number,
  count: number,
  signal: AbortSignal | undefined,
): Promise<(Picture & { readonly place: number })[]> {
  const end = Math.min(start + count, pictures.size)
  const indices = Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i)
  const read = await Promise.all(
    indices.map(async (place) => {
      const picture = await pictures.read(place, signal)
      return picture && { ...picture, place }
    }),
  )
  return read.filter((picture) => picture !== undefined)
}
