import type { TensorInfo } from '../../checkpoint/checkpoint.ts'
import type { Piece } from '../../checkpoint/plan/piece.ts'
import type { Grid } from '../../checkpoint/plan/position.ts'
import type { Resample } from '../../checkpoint/plan/resamples.ts'
import { patchGrid, squareSide } from '../vit/grid.ts'
import { prefixTokens, type VisionTower } from './config.ts'

export interface PositionOptions {
  /** How they are resized for another grid. */
  readonly resample: Resample
  /** The grid that the file was made for, where it is known. */
  readonly storedGrid?: Grid | undefined
}

type Tokens = Pick<VisionTower, 'classToken' | 'registers'>

/** The numbers of prefix tokens that may have positions: all, the class token, none. */
const coverings = (config: Tokens): readonly number[] => [
  ...new Set([prefixTokens(config), Number(config.classToken), 0]),
]

/** How many of the prefix tokens have positions, if so many rows are of this grid. */
export const storedGridOf = (
  rows: number,
  config: Tokens,
  [down, across]: Grid,
): number | undefined => coverings(config).find((covered) => covered + down * across === rows)

/** The sides of a square grid of so many rows, with or without those of prefix tokens. */
export const squareOf = (rows: number, config: Tokens): number | undefined =>
  coverings(config)
    .map((covered) => squareSide(rows - covered))
    .find((side) => side !== undefined)

/**
 * The pieces of the weight `position` `[prefix + patches, width]`. Prefix tokens that have no positions in the file get
 * zeros: registers and, in DeiT 3 and others, the class token.
 * @param vector a tensor of `width` values, of which zeros are made
 * @returns undefined if no grid fits the rows
 */
export function positionPieces(
  tensor: TensorInfo,
  config: VisionTower,
  vector: string,
  { resample, storedGrid }: PositionOptions,
): Piece[] | undefined {
  const rows = tensor.shape.at(-2)!
  const { width } = config
  const to = patchGrid(config)
  const side = squareOf(rows, config)
  const same = storedGridOf(rows, config, to) === undefined ? undefined : to
  const from = storedGrid ?? same ?? (side === undefined ? undefined : ([side, side] as const))
  const covered = from && storedGridOf(rows, config, from)
  if (from === undefined || covered === undefined) return undefined
  const prefix = prefixTokens(config)
  const region = (row: number, count: number) => ({
    row,
    column: 0,
    rows: count,
    columns: width,
    transposed: false,
  })
  const [patches, isSame] = [to[0] * to[1], from[0] === to[0] && from[1] === to[1]]
  const own = { weight: 'position', tensor: tensor.name, scale: 1 }
  const patchRows: Piece = {
    ...own,
    start: covered * width,
    count: (rows - covered) * width,
    region: region(prefix, patches),
    ...(!isSame && {
      rearrange: { kind: 'resize', prefix: 0, width, from, to, rule: resample },
    }),
  }
  const covering: Piece[] =
    covered === 0 ? [] : [{ ...own, start: 0, count: covered * width, region: region(0, covered) }]
  const zeros = Array.from(
    { length: prefix - covered },
    (_, i): Piece => ({
      weight: 'position',
      tensor: vector,
      start: 0,
      count: width,
      region: region(covered + i, 1),
      scale: 0,
    }),
  )
  return [...covering, ...zeros, patchRows]
}
