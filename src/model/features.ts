import { ArgumentError, UnsupportedError } from '../errors.ts'
import { type Field, type Fields, flag, isArrayOf, whole } from '../fields.ts'
import { type FeaturesOptions, imageFields } from './options.ts'
import type { TokenValues } from './token-values.ts'
import type { Tokens } from './tokens.ts'

/** The tokens of an image after one block. */
export interface LayerFeatures {
  /** The block, from 0. */
  layer: number
  /**
   * The tokens of the patches, row by row from the top left: `[tokens, width]`, or `[width, rows, columns]` with
   * `reshape`.
   */
  patches: Float32Array
  /** The sizes of `patches`. */
  shape: readonly number[]
  /**
   * The tokens before those of the patches, `[prefixTokens, width]`: the class token, then DeiT's distillation token or
   * registers. Empty where there are none.
   */
  prefix: Float32Array
  /** How many these are. */
  prefixTokens: number
  /** Rows and columns of patches. */
  grid: readonly [rows: number, columns: number]
  /** Whether the model's last norm was applied. */
  norm: boolean
}

const layersField: Field = {
  wanted: 'a whole number from 1, or an array of the numbers of blocks',
  valid: (value) =>
    whole(1).valid(value) || (isArrayOf(value, Number.isSafeInteger) && value.length > 0),
}

export const featuresFields: Fields<FeaturesOptions> = {
  ...imageFields,
  layers: layersField,
  norm: flag,
  reshape: flag,
}

/** What is computed for `features`, and what is made of it. */
export interface FeaturesPlan {
  /** The values of the program, one for each layer. */
  readonly names: readonly string[]
  /** @param outputs the values by name */
  read(outputs: Readonly<Record<string, Float32Array>>): LayerFeatures[]
}

/**
 * @throws ArgumentError for layers that the model does not have, or one that is named twice; UnsupportedError where the
 *   norm is asked for of a model that has none over all tokens
 */
export function planFeatures(
  { blocks, normed }: Pick<TokenValues, 'blocks' | 'normed'>,
  { prefixTokens, grid }: Tokens,
  options: FeaturesOptions,
): FeaturesPlan {
  const layers = layersOf(options.layers ?? 1, blocks.length)
  if (options.norm && !normed) {
    throw new UnsupportedError(
      'This model has no norm over all tokens that could be applied to its layers: its last norm comes after pooling, or it has none. Leave out norm.',
    )
  }
  const { norm = normed !== undefined, reshape = false } = options
  const names = layers.map((layer) => (norm ? normed! : blocks)[layer]!)
  return {
    names,
    read: (outputs) =>
      layers.map((layer, i) => {
        const all = outputs[names[i]!]!
        const tokens = grid[0] * grid[1]
        const width = all.length / (prefixTokens + tokens)
        const patches = all.slice(prefixTokens * width)
        return {
          layer,
          patches: reshape ? channelsFirst(patches, width) : patches,
          shape: reshape ? [width, ...grid] : [tokens, width],
          prefix: all.slice(0, prefixTokens * width),
          prefixTokens,
          grid,
          norm,
        }
      }),
  }
}

/** The last so many blocks, or those that are named, in their order. */
function layersOf(given: number | readonly number[], depth: number): number[] {
  if (typeof given === 'number') {
    if (given <= depth) return Array.from({ length: given }, (_, i) => depth - given + i)
    throw new ArgumentError(
      `This model has ${depth} blocks, and layers asks for the last ${given}.`,
    )
  }
  const layers = given.map((layer) => {
    if (-depth <= layer && layer < depth) return layer < 0 ? depth + layer : layer
    throw new ArgumentError(
      `This model has the blocks 0 to ${depth - 1} (or -${depth} to -1, from the end), and layers has ${layer}.`,
    )
  })
  const twice = layers.findIndex((layer, i) => layers.indexOf(layer) < i)
  if (twice < 0) return layers
  throw new ArgumentError(`layers names the block ${layers[twice]} twice; name it once.`)
}

/** `[tokens, width]` to `[width, tokens]`. */
function channelsFirst(tokens: Float32Array, width: number): Float32Array {
  const count = tokens.length / width
  const turned = new Float32Array(tokens.length)
  for (let token = 0; token < count; token++) {
    for (let column = 0; column < width; column++) {
      turned[column * count + token] = tokens[token * width + column]!
    }
  }
  return turned
}
