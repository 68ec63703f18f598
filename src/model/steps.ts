import type { Outputs } from '../backends/backend.ts'
import { checkHeader } from '../image/decode.ts'
import type { ImageInput } from '../image/image.ts'
import type { Program } from '../program/program.ts'
import type { ImageOptions, RunOptions } from './options.ts'

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
  /** @returns `[height, width, channels]`, as `pixels()` gives them */
  read(image: ImageInput, options: ReadingOptions): Promise<Float32Array>
  /**
   * @param pixels `[height, width, channels]` of one image, finite
   * @returns the outputs, which are finite
   */
  compute(names: readonly StepOutput[], pixels: Float32Array, options: RunOptions): Promise<Outputs>
}

/**
 * @param together how many images the backend computes at once
 * @param read prepares an image
 * @param run computes outputs of a program
 */
export const stepsOf = (
  program: Program,
  together: number,
  read: Steps['read'],
  run: (program: Program, ...rest: Parameters<Steps['compute']>) => Promise<Outputs>,
): Steps => ({
  together,
  shapeOf(name) {
    const id = program.outputs[name]
    return id === undefined ? undefined : program.values[id]!.shape
  },
  checkHeader,
  holdDecoders: async () => (await import('../image/worker/pool.ts')).holdWorkers(),
  read,
  compute: (...given) => run(program, ...given),
})
