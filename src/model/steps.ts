import type { Outputs } from '../backends/backend.ts'
import { checkHeader } from '../image/decode.ts'
import type { ImageInput } from '../image/image.ts'
import type { Program } from '../program/program.ts'
import type { ImageOptions, RunOptions } from './options.ts'
import type { Runner } from './runner.ts'
import type { ReadyImage } from './sized.ts'

/** What a model computes of an image's pixels. */
export type StepOutput = 'logits' | 'features'

export interface ReadingOptions extends ImageOptions {
  /** How many workers decode, images of any size; by default one, and large images only. */
  readonly decoders?: number | undefined
}

/** The two halves of a call that takes an image, without the model's own limit of images under way. */
export interface Steps {
  /** How many images are computed at once. */
  readonly together: number
  /** The rows and columns of an output; undefined if the model does not have it. */
  shapeOf(output: StepOutput): readonly [rows: number, columns: number] | undefined
  /**
   * Reads the header of an encoded image.
   * @throws LimitError for more pixels than allowed; FormatError and UnsupportedError for what is no image
   */
  checkHeader(
    bytes: Uint8Array,
    maxPixels: number,
  ): Promise<{ readonly width: number; readonly height: number }>
  /** Keeps the workers that decode, until the function is called that it gives. */
  holdDecoders(): Promise<() => void>
  read(image: ImageInput, options: ReadingOptions): Promise<ReadyImage>
  /**
   * An image that is preprocessed, `[height, width, channels]` and finite, as `pixels()` gives it. Undefined for models that
   * take images of any aspect ratio.
   */
  readonly prepared: ((pixels: Float32Array) => ReadyImage) | undefined
  /** @returns the outputs, which are finite */
  compute(names: readonly StepOutput[], image: ReadyImage, options: RunOptions): Promise<Outputs>
}

/**
 * @param together how many images the backend computes at once
 * @param read prepares an image
 */
export const stepsOf = (
  program: Program,
  together: number,
  read: Steps['read'],
  prepared: Steps['prepared'],
  runner: Runner,
): Steps => ({
  together,
  shapeOf(name) {
    const id = program.outputs[name]
    return id === undefined ? undefined : program.values[id]!.shape
  },
  checkHeader,
  holdDecoders: async () => (await import('../image/worker/pool.ts')).holdWorkers(),
  read,
  prepared,
  compute: (names, image, options) => runner.run(image, names, options),
})
