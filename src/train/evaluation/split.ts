import { NumericError, UnsupportedError } from '../../errors.ts'
import { firstNonFinite } from '../../finite.ts'
import type { Channels } from '../../image/image.ts'
import type { TargetSize } from '../../image/preprocess/fit.ts'
import type { Recipe } from '../../image/preprocess/recipes.ts'
import { holdWorkers } from '../../image/worker/pool.ts'
import type { DrawnPicture, Pictures } from '../data/pictures.ts'
import { BYTES_AHEAD, prefetch } from '../data/prefetch.ts'
import { settledMap } from '../data/settled-map.ts'
import type { Evaluation, Mistake } from './evaluation.ts'
import { Tally, type TallyOptions } from './tally.ts'
import { thumbnailOf } from './thumbnail.ts'

/** What classifies: a model in training, or one that is loaded. */
export interface Classifier {
  /** @returns `[pictures, classes]` */
  logits(
    pixels: readonly Float32Array[],
    options: { signal?: AbortSignal | undefined },
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
  /** The longer side of thumbnails of the mistakes, in pixels; 0, none, by default. */
  readonly thumbnails?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** How far an evaluation is. */
export interface EvaluationProgress {
  /** Pictures that were looked at, also those that can't be read. */
  readonly done: number
  /** Pictures in all. */
  readonly total: number
}

/** A picture of the split, as the model takes it. */
type Placed = DrawnPicture & { readonly place: number }

/** How many pictures are read and decoded at once. */
const AT_ONCE = 16

/**
 * Classifies all pictures of a split, preprocessed as the trained model will be. While some are computed, the next ones
 * are decoded: twice as many, or 256 MiB where that is less. When it ends, or its consumer stops, no file is open and no
 * worker is left.
 * @throws NumericError for logits that are not finite; UnsupportedError for logits of tokens; what reading pictures throws
 */
export async function* evaluateSplit(
  classifier: Classifier,
  pictures: Pictures,
  { together, signal, outputs, thumbnails = 0, ...options }: SplitOptions,
): AsyncGenerator<EvaluationProgress, Evaluation, undefined> {
  const tally = new Tally(options)
  const places = new Map<Mistake, number>()
  const width = outputs ?? options.classes
  const total = pictures.size
  const release = holdWorkers()
  try {
    let found: Placed[] = []
    let done = 0
    for await (const one of decodedAhead(pictures, { ...options, together, signal })) {
      done++
      if (one) found.push(one)
      if (done % together !== 0 && done < total) continue
      if (found.length > 0) {
        const pixels = found.map(({ pixels }) => pixels)
        const logits = await classifier.logits(pixels, { signal })
        if (logits.length !== found.length * width) throw notOfPictures()
        for (const [i, picture] of found.entries()) {
          const own = logits.subarray(i * width, (i + 1) * width)
          if (firstNonFinite(own) >= 0) throw notFinite(picture)
          const mistake = tally.add(picture, own)
          if (mistake) places.set(mistake, picture.place)
        }
      }
      yield { done, total }
      found = []
    }
  } finally {
    release()
  }
  const evaluation = tally.result()
  if (thumbnails === 0) return evaluation
  const mistakes: Mistake[] = []
  for (const mistake of evaluation.mistakes) {
    const picture = await pictures.read(places.get(mistake)!, signal)
    const thumbnail = picture && { thumbnail: thumbnailOf(picture.image, thumbnails) }
    mistakes.push({ ...mistake, ...thumbnail })
  }
  return { ...evaluation, mistakes }
}

/** The pictures in their order, decoded before they are asked for; undefined for those that can't be read. */
function decodedAhead(
  pictures: Pictures,
  { size, recipe, channels, together, signal }: Omit<SplitOptions, 'classes'>,
): AsyncGenerator<Placed | undefined, void, undefined> {
  const draw = { augment: 'none', flip: false, seed: 0, epoch: 0, size, recipe, channels } as const
  const read = async (place: number, signal: AbortSignal) => {
    const drawn = await pictures.draw(place, draw, signal)
    return drawn && { ...drawn, place }
  }
  const all = Array.from({ length: pictures.size }, (_, place) => place)
  return prefetch((signal) => settledMap(all, AT_ONCE, signal, read), {
    most: 2 * together,
    mostBytes: BYTES_AHEAD,
    bytesOf: (one) => one?.pixels.byteLength ?? 0,
    signal,
  })
}

const notOfPictures = () =>
  new UnsupportedError(
    'The model has logits for every token, not for a picture, so it can not be evaluated.',
  )

const notFinite = ({ name }: Placed) =>
  new NumericError(`The logits of ${name} are not finite: the model's weights are too large.`)
