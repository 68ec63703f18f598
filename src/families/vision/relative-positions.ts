import type { TensorInfo } from '../../checkpoint/checkpoint.ts'
import type { Piece } from '../../checkpoint/plan/piece.ts'
import { patchGrid } from '../vit/grid.ts'
import type { VisionTower } from './config.ts'
import type { Dims } from './dims.ts'

/*
 * BEiT (Bao et al. 2022) has a bias for each pair of offsets between patches, and one each for the class token's
 * queries, its keys and itself: `[(2 rows - 1)(2 columns - 1) + 3, heads]`.
 */

/** Rows of the table of a grid. */
export const offsetsOf = ([rows, columns]: readonly [number, number]) =>
  (2 * rows - 1) * (2 * columns - 1) + 3

/**
 * The pieces of a block's biases: the table as files have it, and `[heads * keys, queries]` of the program.
 * @returns why the tensor does not fit, where it is of another grid
 */
export function relativePieces(
  tensor: TensorInfo,
  block: number,
  config: VisionTower,
  { O, H }: Dims,
): readonly Piece[] | string {
  const grid = patchGrid(config)
  if (offsetsOf(grid) !== O) {
    return `which is of another grid than ${grid.join(' x ')} patches; relative positions are not resized, so pass the imageSize that the model was made for`
  }
  const tokens = 1 + grid[0] * grid[1]
  const change = (table: Float32Array) => biasesOf(table, grid, H)
  return [
    {
      weight: `blocks.${block}.relative_positions`,
      tensor: tensor.name,
      start: 0,
      count: O * H,
      region: { row: 0, column: 0, rows: H * tokens, columns: tokens, transposed: false },
      scale: 1,
      rearrange: { kind: 'own', change },
    },
  ]
}

/** The bias of every key and query of every head, `[heads * keys, queries]`; token 0 is the class token. */
export function biasesOf(
  table: Float32Array,
  [rows, columns]: readonly [number, number],
  heads: number,
): Float32Array {
  const tokens = 1 + rows * columns
  const biases = new Float32Array(heads * tokens * tokens)
  eachBias([rows, columns], heads, (inTable, inBiases) => {
    biases[inBiases] = table[inTable]!
  })
  return biases
}

/** The table that such biases were made of. */
export function tableOf(
  biases: Float32Array,
  grid: readonly [number, number],
  heads: number,
): Float32Array {
  const table = new Float32Array(offsetsOf(grid) * heads)
  eachBias(grid, heads, (inTable, inBiases) => {
    table[inTable] = biases[inBiases]!
  })
  return table
}

function eachBias(
  [rows, columns]: readonly [number, number],
  heads: number,
  use: (inTable: number, inBiases: number) => void,
): void {
  const tokens = 1 + rows * columns
  const last = offsetsOf([rows, columns]) - 1
  const rowOf = (token: number) => Math.floor((token - 1) / columns)
  const columnOf = (token: number) => (token - 1) % columns
  const offset = (query: number, key: number) => {
    if (query === 0 || key === 0) return query === key ? last : query === 0 ? last - 2 : last - 1
    const down = rowOf(query) - rowOf(key) + rows - 1
    const across = columnOf(query) - columnOf(key) + columns - 1
    return down * (2 * columns - 1) + across
  }
  for (let query = 0; query < tokens; query++) {
    for (let key = 0; key < tokens; key++) {
      const from = offset(query, key) * heads
      for (let head = 0; head < heads; head++) {
        use(from + head, (head * tokens + key) * tokens + query)
      }
    }
  }
}
