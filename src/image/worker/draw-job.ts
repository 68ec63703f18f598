import { type AugmentOptions, augmentImage } from '../augment/augment.ts'
import { drawsOf } from '../augment/draws.ts'
import type { DecodeOptions } from '../decode.ts'
import type { RGBImage } from '../image.ts'
import { runJob } from './job.ts'

/** How to change an image at random for training. */
export interface Draw extends AugmentOptions {
  /** What the random words follow from; see `drawsOf`. */
  readonly words: readonly [seed: number, epoch: number, index: number]
  /** Whether the decoded image is a result too. */
  readonly keeps: boolean
}

/** An image to decode and to change, for this thread or a worker; it can be cloned. */
export interface DrawJob extends Omit<DecodeOptions, 'signal'> {
  readonly image: Uint8Array | RGBImage
  readonly draw: Draw
}

/** A picture as a model takes it in training. */
export interface DrawnImage {
  /** `[height, width, channels]`, normalised */
  readonly pixels: Float32Array
  /** The decoded image, if it is kept. */
  readonly kept: RGBImage | undefined
}

/** Runs a job on this thread. */
export async function runDraw(
  { draw, ...job }: DrawJob,
  signal?: AbortSignal,
): Promise<DrawnImage> {
  const image = await runJob({ ...job, fit: undefined }, signal)
  const pixels = augmentImage(image, draw, drawsOf(...draw.words))
  return { pixels, kept: draw.keeps ? image : undefined }
}
