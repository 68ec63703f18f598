import { sinkBeside } from '../../backends/sink-beside.ts'
import { placeRegion } from '../../backends/weights.ts'
import { resizePosition } from '../../checkpoint/plan/position.ts'
import type { Resample } from '../../checkpoint/plan/resamples.ts'
import { allocate } from '../../checkpoint/read/dtype.ts'
import { ArgumentError } from '../../errors.ts'
import type { ImageInput } from '../../image/image.ts'
import { type InputOptions, toPixels } from '../../image/input.ts'
import { cutPatches, sizeInPatches } from '../../image/preprocess/patches.ts'
import type { Recipe, RecipeName } from '../../image/preprocess/recipes.ts'
import { resolveRecipe } from '../../image/preprocess/resolve-recipe.ts'
import { sizedInput } from '../../image/sized-input.ts'
import type { AnySize, Keeping, ReadyImage, Sized } from '../../model/sized.ts'
import type { DualConfig } from '../dual/config.ts'
import type { AnySizePlan } from '../runnable.ts'
import { visionTokens } from '../vision/tokens.ts'
import { patchGrid } from '../vit/grid.ts'
import { naflexProgram } from './program.ts'

/** Sizes whose programs and positions are kept. Pictures of one camera have one or two. */
const MOST_SIZES = 16

const position = 'position'

type Size = readonly [height: number, width: number]

/** A size, and the positions of its patches. */
interface KeptSize extends Sized {
  readonly positions: Float32Array
}

/**
 * The sizes of a SigLIP 2 NaFlex: a program for each grid of patches, over one set of weights, and the positions of the
 * file resized for it.
 * @throws ArgumentError where another image size is asked for
 */
export async function naflexSizes(
  { config, resample, pieces }: AnySizePlan<DualConfig>,
  recipe: RecipeName | Recipe,
): Promise<AnySize | undefined> {
  if (resolveRecipe(recipe).fit !== 'patches') return undefined
  if (pieces.get(position)?.some(({ rearrange }) => rearrange)) {
    throw new ArgumentError(
      "This model's images keep their aspect ratio, so they have no imageSize: pass preprocess: { maxPatches } for more or fewer patches, or preprocess: { fit: 'squash' } for images of one size.",
    )
  }
  return new NaflexSizes(config, resample)
}

class NaflexSizes implements AnySize {
  readonly usual: Sized
  readonly #config: DualConfig
  readonly #resample: Resample
  /** `[patches, width]`, as the file has them. */
  readonly #positions: Float32Array
  /** The one that was used last comes last. */
  readonly #sizes = new Map<string, KeptSize>()

  constructor(config: DualConfig, resample: Resample) {
    this.#config = config
    this.#resample = resample
    this.usual = this.#sized(config.imageSize)
    const [down, across] = patchGrid(config)
    this.#positions = allocate(down * across * config.width, 'the position embedding')
  }

  keeping<K extends Keeping>(others: K): K {
    const { width } = this.#config
    return {
      ...others,
      aside: [position, ...(others.aside ?? [])],
      sink: (model) =>
        sinkBeside(others.sink?.(model) ?? model, (weight, region, start, values) => {
          if (weight !== position) return false
          placeRegion(width, region, start, values, this.#positions)
          return true
        }),
    }
  }

  values(weight: string): Float32Array | undefined {
    return weight === position ? this.#positions : undefined
  }

  async read(
    image: ImageInput,
    recipe: RecipeName | Recipe,
    options: InputOptions,
  ): Promise<ReadyImage> {
    const { patchSize, channels } = this.#config
    const whole = resolveRecipe(recipe)
    const picture = await sizedInput(image, options)
    try {
      const size = sizeInPatches(picture.size, patchSize, whole.maxPatches!)
      const pixels = await toPixels(picture.input, whole, size, options, channels)
      const sized = this.#sizeOf(size)
      const inputs = {
        pixels: cutPatches(pixels, size, patchSize, channels),
        position: sized.positions,
      }
      return { sized, inputs }
    } finally {
      picture.close()
    }
  }

  /** Made once for each size that was used lately. */
  #sizeOf(size: Size): KeptSize {
    const key = size.join('x')
    const { imageSize } = this.#config
    const kept = this.#sizes.get(key) ?? {
      ...(key === imageSize.join('x') ? this.usual : this.#sized(size)),
      positions: this.#positionsOf(size),
    }
    this.#sizes.delete(key)
    this.#sizes.set(key, kept)
    if (this.#sizes.size > MOST_SIZES) this.#forget(this.#sizes.keys().next().value!)
    return kept
  }

  #forget(key: string): void {
    for (const executable of this.#sizes.get(key)!.compiled.values()) executable.release?.()
    this.#sizes.delete(key)
  }

  #sized(imageSize: Size): Sized {
    const config = { ...this.#config, imageSize }
    return {
      program: naflexProgram(config),
      tokens: async () => visionTokens(config),
      compiled: new Map(),
    }
  }

  #positionsOf(imageSize: Size): Float32Array {
    const { width } = this.#config
    const to = patchGrid({ ...this.#config, imageSize })
    const from = patchGrid(this.#config)
    return resizePosition(this.#positions, 0, width, from, to, this.#resample)
  }
}
