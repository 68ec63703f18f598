import type { Channels, RGBImage } from '../image.ts'
import type { TargetSize } from '../preprocess/fit.ts'
import { normalize } from '../preprocess/normalize.ts'
import { preprocess } from '../preprocess/preprocess.ts'
import type { Recipe } from '../preprocess/recipes.ts'
import { resizeTensorFlow } from '../preprocess/tensorflow-resize.ts'
import { greyOf } from '../rgba.ts'
import { distortedBox } from './box.ts'
import { cropAndResize, flip, shift } from './crop.ts'
import { type Next32, uniform, uniformBelow } from './draws.ts'

/**
 * How pictures are changed at random before each use:
 *
 * - `inception`: a random box of 5 % to 100 % of the area, resized to the model's input, as the release does
 * - `crop`: resized to 7/6 of the input's sides, then cropped at random, as big_vision fine-tunes on small data sets
 * - `pad`: resized to the input, and moved by up to an eighth of its sides, with black borders
 * - `none`: what the model does to pictures that it classifies
 */
export const AUGMENTATIONS = ['inception', 'crop', 'pad', 'none'] as const
/** One of the ways above. */
export type Augmentation = (typeof AUGMENTATIONS)[number]

export interface AugmentOptions {
  readonly augment: Augmentation
  /** Whether half of the pictures are mirrored; by default they are, except with `none`. */
  readonly flip?: boolean
  /** The model's input in pixels. */
  readonly size: TargetSize
  /** The model's preprocessing; only its normalisation counts, except with `none`. */
  readonly recipe: Recipe
  /** 1 for a model of grey pictures; 3 by default. */
  readonly channels?: Channels
}

/** The sides to resize to before a crop, as a multiple of the input's: 448 for 384. */
const CROP_SCALE = 7 / 6
/** The most that `pad` moves a picture, as a share of a side: 4 pixels of CIFAR's 32. */
const PAD_SHARE = 1 / 8

/**
 * A picture as the model takes it in training: cropped, resized, perhaps mirrored, and normalised.
 * @param next32 random words; `drawsOf` gives those of a picture and epoch
 * @returns NHWC pixels of one picture, `[height, width, channels]`
 */
export function augmentImage(
  image: RGBImage,
  { augment, flip: flips = augment !== 'none', size, recipe, channels = 3 }: AugmentOptions,
  next32: Next32,
): Float32Array {
  if (augment === 'none') {
    const values = preprocess(image, recipe, size, channels)
    if (flips && isHeads(next32)) flip(values, size, channels)
    return values
  }
  // Filters treat each channel alike, so grey pictures are three equal channels until the end.
  const picture = channels === 3 ? image : { ...image, data: greyOf(image.data) }
  const values = crops[augment](picture, size, next32)
  if (flips && isHeads(next32)) flip(values, size)
  return normalize(channels === 3 ? values : everyThird(values), recipe, channels)
}

const crops: Record<
  Exclude<Augmentation, 'none'>,
  (image: RGBImage, size: TargetSize, next32: Next32) => Float32Array
> = {
  inception: (image, size, next32) =>
    cropAndResize(image, distortedBox(image.height, image.width, next32), size),
  crop(image, [height, width], next32) {
    const [tall, wide] = [height, width].map((side) => Math.round(side * CROP_SCALE)) as [
      number,
      number,
    ]
    const top = uniformBelow(tall - height + 1, next32)
    const left = uniformBelow(wide - width + 1, next32)
    return resizeTensorFlow(image, [tall, wide], { top, left, height, width })
  },
  pad(image, size, next32) {
    const [down, right] = size.map((side) => {
      const most = Math.round(side * PAD_SHARE)
      return uniformBelow(2 * most + 1, next32) - most
    }) as [number, number]
    return shift(resizeTensorFlow(image, size), size, down, right)
  },
}

/** As the release draws it. */
const isHeads = (next32: Next32) => uniform(next32) > 0.5

const everyThird = (values: Float32Array) => values.filter((_, i) => i % 3 === 0)
