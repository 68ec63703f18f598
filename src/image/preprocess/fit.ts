import { ArgumentError } from '../../errors.ts'
import type { Channels, RGBImage } from '../image.ts'
import { countChannels, greyOf } from '../rgba.ts'
import type { RowSink } from '../rows.ts'
import { uprightSides } from '../upright.ts'
import { type Geometry, geometry, roundHalfEven } from './geometry.ts'
import { normalize } from './normalize.ts'
import type { Recipe } from './recipes.ts'
import type { Region } from './region.ts'
import type { Resizer, Stored } from './resizer.ts'
import { checkSide } from './sides.ts'

/** The input size of a model in pixels, `[height, width]`. */
export type TargetSize = readonly [height: number, width: number]

/** Makes a resizer that has the filter of a recipe. */
export type NewResizer = (
  stored: Stored,
  size: TargetSize,
  window: Region,
) => Resizer<Uint8Array | Float32Array>

/** A picture as a model takes it, preprocessed while it is decoded. */
export class Preprocessor implements RowSink {
  readonly #fitting: Fitting
  readonly #recipe: Recipe
  readonly #channels: Channels

  /**
   * @param recipe a complete one, for a model of so many channels
   * @throws ArgumentError for an impossible size
   */
  constructor(
    stored: Stored,
    recipe: Recipe,
    newResizer: NewResizer,
    size: TargetSize,
    channels: Channels,
  ) {
    this.#recipe = recipe
    this.#channels = channels
    this.#fitting = new Fitting(stored, recipe, newResizer, size)
  }

  put(y: number, rows: Uint8Array): void {
    // Filters treat each channel alike, so one of three equal ones is what the one alone would be.
    this.#fitting.put(y, this.#channels === 3 ? rows : greyOf(rows))
  }

  /** NHWC pixels of one image, `[height, width, channels]`, normalised; to be called once, after the last row. */
  finish(): Float32Array {
    const values = this.#fitting.finish()
    const own = this.#channels === 3 ? values : firstChannel(values)
    return normalize(own, this.#recipe, this.#channels)
  }
}

/** `[pixels, 3]` to `[pixels, 1]` */
const firstChannel = (values: Uint8Array | Float32Array) =>
  values.filter((_, i) => i % 3 === 0) as Uint8Array | Float32Array

/** A decoded picture, as the classes here take it. */
export function storedUpright(image: RGBImage): Stored {
  if (countChannels(image) !== 3) {
    throw new ArgumentError(
      'Preprocessing takes RGB pixels, and these are grey or RGBA; see toRGB.',
    )
  }
  return { width: image.width, height: image.height, orientation: 1 }
}

/** `[height, width, 3]` values from 0 to 255: bytes for Pillow's filters, floats for TensorFlow's. */
export class Fitting implements Resizer<Uint8Array | Float32Array> {
  readonly #plan: Geometry
  readonly #recipe: Recipe
  readonly #size: TargetSize
  readonly #resizer: Resizer<Uint8Array | Float32Array>

  constructor(stored: Stored, recipe: Recipe, newResizer: NewResizer, size: TargetSize) {
    checkSide(size[0], 'The height of the model input')
    checkSide(size[1], 'The width of the model input')
    const [width, height] = uprightSides(stored)
    this.#plan = geometry(recipe, [height, width], size)
    const { resized, window } = this.#plan
    this.#recipe = recipe
    this.#size = size
    this.#resizer = newResizer(stored, resized, window)
  }

  put(y: number, rows: Uint8Array): void {
    this.#resizer.put(y, rows)
  }

  finish(): Uint8Array | Float32Array {
    const values = this.#resizer.finish()
    const { height, width } = this.#plan.window
    const whole = height === this.#size[0] && width === this.#size[1]
    return whole ? values : pad(values, this.#plan, this.#recipe, this.#size)
  }
}

/** Pads a smaller image with the recipe's mean colour, rounded to 8 bits as in timm. */
function pad(
  values: Uint8Array | Float32Array,
  { window, at }: Geometry,
  { mean }: Recipe,
  [height, width]: TargetSize,
): Uint8Array | Float32Array {
  const length = height * width * 3
  const out = values instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length)
  const ground = mean.map((level) => roundHalfEven(255 * level))
  for (let i = 0; i < length; i++) out[i] = ground[i % ground.length]!
  const row = window.width * 3
  for (let y = 0; y < window.height; y++) {
    out.set(values.subarray(y * row, (y + 1) * row), 3 * ((at.top + y) * width + at.left))
  }
  return out
}
