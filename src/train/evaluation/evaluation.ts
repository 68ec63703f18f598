import type { RGBImage } from '../../image/image.ts'

/** A picture that was classified wrongly. Classes are numbers, of the data set. */
export interface Mistake {
  /** As the data set names it. */
  readonly name: string
  /** Its class. */
  readonly label: number
  /** The class that it was taken for. */
  readonly predicted: number
  /** The probability of the class that it was taken for, 0 to 1. */
  readonly probability: number
  /** Its cross entropy: the higher, the more wrong. */
  readonly loss: number
  /** The picture, shrunk, where `thumbnails` asks for it. */
  readonly thumbnail?: RGBImage
}

/** How well pictures of one class were classified. */
export interface ClassScore {
  /** Pictures of this class. */
  readonly pictures: number
  /** The share of its pictures that were recognised, 0 to 1; NaN without pictures. */
  readonly recall: number
  /** The share of right ones among the pictures that were taken for it, 0 to 1; NaN if none was. */
  readonly precision: number
}

/** Pictures of one class that were taken for another one. */
export interface Confusion {
  /** The number of their class. */
  readonly label: number
  /** The number of the class that they were taken for. */
  readonly predicted: number
  /** How many, from 1. */
  readonly count: number
}

/** How well a model classifies pictures whose classes are known. */
export interface Evaluation {
  /** How many there were, without those that can't be read. */
  readonly pictures: number
  /** The share of pictures whose most probable class is right, 0 to 1; NaN without pictures. */
  readonly accuracy: number
  /**
   * The share of pictures whose class is the most probable of all of the model's classes, where the model was asked for
   * some of them only; undefined elsewhere.
   */
  readonly accuracyAmongAll: number | undefined
  /** The share whose class is among the five most probable ones; undefined for five classes or fewer. */
  readonly top5: number | undefined
  /** The mean cross entropy; NaN without pictures. */
  readonly loss: number
  /** By the numbers of the classes. */
  readonly classes: readonly ClassScore[]
  /** How often class `row` was taken for class `column`; without rows if there are more than 2,000 classes. */
  readonly confusion: readonly (readonly number[])[]
  /** The pairs of classes that were confused, the most frequent first. */
  readonly confused: readonly Confusion[]
  /** The most wrong pictures, that of the highest loss first. */
  readonly mistakes: readonly Mistake[]
}
