import type { AnyConfig } from 'vitrine'

/** What passes between the page and the worker that computes. */

/** A picture file, or a frame of a camera. */
export type Picture = Blob | ImageBitmap

/** Where a model comes from. */
export type Source =
  | { readonly kind: 'embedded' }
  /** A name of vitrine's catalogue, or `hf:org/name`. */
  | { readonly kind: 'published'; readonly name: string }
  /** A file in the page's own storage. */
  | { readonly kind: 'kept'; readonly id: string }
  /** A file that could not be kept. */
  | { readonly kind: 'file'; readonly file: File }

/** What computes, and in which numbers. */
export const runtimes = ['f32', 'int16', 'int8', 'webgpu'] as const
export type Runtime = (typeof runtimes)[number]

export interface Progress {
  readonly phase: 'download' | 'open' | 'weights' | 'keep'
  /** Bytes; `total` is 0 where it is unknown. */
  readonly loaded: number
  readonly total: number
  readonly secondsLeft?: number | undefined
  /** Why a download pauses. */
  readonly retry?: string | undefined
}

export interface Loaded {
  readonly config: AnyConfig
  /** In pixels of the input. */
  readonly patchSize: readonly [height: number, width: number]
  readonly classifies: boolean
  /** Whether it has a text tower, so that words can be its classes. */
  readonly knowsWords: boolean
  readonly backend: string
  readonly threads: { readonly count: number; readonly reason: string }
  /** How a picture becomes the model's input. */
  readonly fit: Fit
  /** What had to be assumed, in words. */
  readonly notices: readonly string[]
}

/** The part of a recipe that decides which part of a picture a model sees. */
export interface Fit {
  readonly fit: 'squash' | 'shorter' | 'longer' | 'patches' | 'crop' | 'none'
  readonly cropFraction: number | readonly [vertical: number, horizontal: number]
  readonly resizeTo?: number | undefined
}

export interface Answer {
  readonly predictions: readonly {
    readonly index: number
    readonly label: string
    readonly probability: number
  }[]
  /** From the encoded picture to the answer. */
  readonly milliseconds: number
}

/** Labels of the visitor, and the text that they are put into. */
export interface Wording {
  readonly labels: readonly string[]
  /** With `{}` where the label goes. */
  readonly template: string
}

/** What a model of images and texts says of a picture. */
export interface Judged {
  /** Whether each label is judged for itself; else the probabilities sum to 1. */
  readonly each: boolean
  /** The most fitting first. */
  readonly labels: readonly { readonly label: string; readonly probability: number }[]
}

/** What one token attends to, in every layer and head. */
export interface Attention {
  readonly layers: number
  readonly heads: number
  readonly grid: readonly [rows: number, columns: number]
  /** `[layers, heads, rows, columns]` */
  readonly maps: Float32Array
  /** `[rows, columns]`, from the class token, or from the mean of all patches. */
  readonly rollout: Float32Array
}

/** What the class token attends to, and how far the heads look. */
export interface Looked {
  readonly attention: Attention
  /** The mean distance between a patch and what it attends to, in pixels of the input, `[layers, heads]`. */
  readonly distances: Float32Array
}

/** What a model learnt, drawn: there may be hundreds of thousands of weights, and the page must not wait for them. */
export interface Learnt {
  readonly filterShape: readonly [count: number, height: number, width: number, channels: number]
  /** All filters of the patch embedding. */
  readonly filters: ImageData
  /** Their first principal components. */
  readonly components: ImageData
  /** The share of the filters' variance that each component explains. */
  readonly explained: readonly number[]
  readonly grid: readonly [rows: number, columns: number]
  /** `[rows, columns, rows, columns]` */
  readonly similarity: Float32Array
  /** A tile for each patch: its similarity to all patches. */
  readonly positions: ImageData
}

export interface Kept {
  readonly id: string
  readonly name: string
  readonly bytes: number
}

/** A row of the catalogue. */
export interface PublishedRow {
  readonly name: string
  readonly variant: string
  readonly dataset: string
  readonly resolution: number
  readonly parameters: number | undefined
  readonly top1: number | undefined
  readonly bytes: number | undefined
  readonly cached: boolean
}

/** A picture to learn from. */
export interface LessonPicture {
  /** Tells it apart from the others. */
  readonly id: string
  readonly label: string
  readonly picture: Picture
}

/** A picture that was learnt from. */
export interface StudioPicture {
  readonly id: string
  readonly thumbnail: Blob
}

/** All that a head learns from. */
export interface StudioState {
  /** The model that it is a head of. */
  readonly source: Source
  /** What is kept of a picture beside its thumbnail. */
  readonly featureBytes: number
  readonly classes: readonly {
    readonly label: string
    readonly pictures: readonly StudioPicture[]
  }[]
  readonly isTrained: boolean
}

/** How far a training is, and how it does on pictures that are held out. */
export interface Lesson {
  readonly step: number
  readonly totalSteps: number
  readonly loss: number
  /** How many are held out. */
  readonly pictures: number
  readonly accuracy: number
  readonly labels: readonly string[]
  /** How often class `row` was taken for class `column`. */
  readonly confusion: readonly (readonly number[])[]
  /** The most wrong first; classes by their places among the labels. */
  readonly mistakes: readonly (StudioPicture & {
    readonly label: number
    readonly predicted: number
    /** Of the class that it was taken for. */
    readonly probability: number
  })[]
}
