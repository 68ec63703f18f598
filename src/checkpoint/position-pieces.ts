import type { ViTConfig } from '../models/config.ts'
import type { TensorInfo } from './checkpoint.ts'
import type { Piece } from './pieces.ts'
import type { Grid, Resample } from './position.ts'

export interface PositionOptions {
  /** How a position embedding is resized for another image size; as its publisher does unless given. */
  readonly resample?: Resample | undefined
  /** The grid of patches that the file was made for, where it is not square. */
  readonly storedGrid?: Grid | undefined
}

/** Rows and columns of the grid of patches. */
export function gridOf({ imageSize, patchSize }: ViTConfig): Grid {
  return [Math.floor(imageSize[0] / patchSize[0]), Math.floor(imageSize[1] / patchSize[1])]
}

/**
 * The pieces of the weight `position` `[T + N, D]`. An embedding of as many rows as the model has
 * tokens is taken as it is, whatever its grid was, unless that is known (the official loader does so
 * too). Some models (timm's `no_embed_class`) give no position to the T prefix tokens: zeros then.
 * @param prefixTensors names of the tensors of the prefix tokens
 * @returns undefined where the stored grid can't be told: no grid fits, or two do
 */
export function positionPieces(
  tensor: TensorInfo,
  config: ViTConfig,
  prefixTensors: readonly string[],
  { resample = 'official', storedGrid }: PositionOptions,
): Piece[] | undefined {
  const stored = tensor.shape.at(-2)!
  const prefix = prefixTensors.length
  const { width } = config
  const to = gridOf(config)
  const patches = to[0] * to[1]

  const origin = storedGrid ? storedAs(stored, prefix, storedGrid) : guessed(stored, prefix, to)
  if (!origin) return undefined
  const { from, coversPrefix } = origin
  const own = coversPrefix ? prefix : 0
  const main: Piece = {
    weight: 'position',
    tensor: tensor.name,
    start: 0,
    count: stored * width,
    region: {
      row: prefix - own,
      column: 0,
      rows: own + patches,
      columns: width,
      transposed: false,
    },
    scale: 1,
    ...(from[0] === to[0] && from[1] === to[1]
      ? {}
      : { rearrange: { kind: 'resize', prefix: own, width, from, to, rule: resample } }),
  }
  if (coversPrefix) return [main]
  const zeros = prefixTensors.map((name, row): Piece => {
    const region = { row, column: 0, rows: 1, columns: width, transposed: false }
    return { weight: 'position', tensor: name, start: 0, count: width, region, scale: 0 }
  })
  return [...zeros, main]
}

interface Origin {
  readonly from: Grid
  /** The first rows are those of the prefix tokens. */
  readonly coversPrefix: boolean
}

/** Does an embedding of so many rows have this grid, with or without rows for the prefix? */
function storedAs(stored: number, prefix: number, from: Grid): Origin | undefined {
  const patches = from[0] * from[1]
  if (stored === patches + prefix) return { from, coversPrefix: true }
  return stored === patches ? { from, coversPrefix: false } : undefined
}

/** The side of a square grid of so many patches. */
export function squareSide(patches: number): number | undefined {
  const side = Math.round(Math.sqrt(Math.max(0, patches)))
  return side > 0 && side * side === patches ? side : undefined
}

/**
 * What nobody tells: the grid of the model itself, or else a square one behind the rows of the prefix.
 * Rows as many as the model's patches tell nothing where they may also be those of a class token and a
 * square: 50 rows of a model of 5 x 10 patches may be 1 + 7 x 7. Nor do rows of a square alone: 16 may be
 * 4 x 4 patches, or 1 + 3 x 5.
 */
function guessed(stored: number, prefix: number, to: Grid): Origin | undefined {
  const same = storedAs(stored, prefix, to)
  const side = squareSide(stored - prefix)
  if (same && (same.coversPrefix || side === undefined)) return same
  return same || side === undefined ? undefined : { from: [side, side], coversPrefix: true }
}
