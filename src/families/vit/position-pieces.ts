import type { TensorInfo } from '../../checkpoint/checkpoint.ts'
import type { Piece } from '../../checkpoint/plan/piece.ts'
import type { Grid } from '../../checkpoint/plan/position.ts'
import type { Resample } from '../../checkpoint/plan/resamples.ts'
import type { EncoderConfig } from './config.ts'
import { patchGrid, squareSide } from './grid.ts'

interface Options {
  /** How it is resized for another grid; `official` unless given. */
  readonly resample?: Resample | undefined
  /** The grid that the file was made for, where it is known. */
  readonly storedGrid?: Grid | undefined
}

/**
 * The pieces of the weight `position` `[T + N, D]`. An embedding with one row per token of the model is
 * used unchanged unless its grid is known to differ, as in the official loader. Some models (timm's
 * `no_embed_class`) have no positions for the T prefix tokens; these become zeros.
 * @param prefixTensors names of the tensors of the prefix tokens
 * @returns undefined if no grid fits the rows, or two do
 */
export function positionPieces(
  tensor: TensorInfo,
  config: EncoderConfig,
  prefixTensors: readonly string[],
  { resample = 'official', storedGrid }: Options,
): Piece[] | undefined {
  const stored = tensor.shape.at(-2)!
  const prefix = prefixTensors.length
  const { width } = config
  const to = patchGrid(config)
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

/**
 * The grid of a file that does not state it: the model's own grid, or else a square after the rows of the
 * prefix. Two cases stay undecided. 50 rows for a model of 5 x 10 patches could also be a class token and
 * 7 x 7 patches; 16 rows could be 4 x 4 patches, or a class token and 3 x 5.
 */
function guessed(stored: number, prefix: number, to: Grid): Origin | undefined {
  const same = storedAs(stored, prefix, to)
  const side = squareSide(stored - prefix)
  if (same && (same.coversPrefix || side === undefined)) return same
  return same || side === undefined ? undefined : { from: [side, side], coversPrefix: true }
}
