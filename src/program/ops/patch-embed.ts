import { ArgumentError } from '../../errors.ts'
import type { ValueId, WeightId } from '../values.ts'
import { checkShape } from './check-shape.ts'
import type { Operation, Writer } from './operation.ts'

export type Grid = readonly [rows: number, columns: number]

/**
 * Cuts an image `[grid rows * grid columns, channels]` into patches and projects each:
 * `[patches, patch rows * patch columns * channels] x kernel + bias`.
 */
export interface PatchEmbed {
  readonly op: 'patch_embed'
  readonly input: ValueId
  readonly output: ValueId
  readonly kernel: WeightId
  readonly bias: WeightId | undefined
  /** The grid of the input's positions: an image's height and width in pixels. */
  readonly grid: Grid
  readonly patchSize: Grid
}

export const patchEmbedOperation: Operation<PatchEmbed> = {
  op: 'patch_embed',
  reads: ['input'],
  makes: ['output'],
  weights: { kernel: 'kernel', bias: 'vector' },
  products(op, shapes) {
    const [inner, columns] = shapes.weight(op.kernel)
    return shapes.value(op.output)[0] * inner * columns
  },
}

/** Rows and columns of the grid of patches; a remainder that does not fill a patch is left out. */
export const patchGrid = ({ grid, patchSize }: Pick<PatchEmbed, 'grid' | 'patchSize'>): Grid => [
  Math.floor(grid[0] / patchSize[0]),
  Math.floor(grid[1] / patchSize[1]),
]

/**
 * `[patches, width]`. Patches go row by row; positions that do not fill one are left out (a VALID
 * convolution whose stride is its size). Weights: `NAME.kernel`
 * `[patch rows * patch columns * channels, width]` and `NAME.bias`.
 * @param grid rows and columns of the input's positions
 * @throws ArgumentError where the grid holds no patch, or is not the input's
 */
export function patchEmbed(
  net: Writer<PatchEmbed>,
  name: string,
  input: ValueId,
  grid: Grid,
  patchSize: Grid,
  width: number,
): ValueId {
  const [positions, channels] = net.shape(input)
  checkShape(name, [positions, channels], [grid[0] * grid[1], channels])
  const [rows, columns] = patchGrid({ grid, patchSize })
  if (rows * columns === 0) {
    throw new ArgumentError(
      `An image of ${grid.join(' x ')} pixels holds no patch of ${patchSize.join(' x ')}.`,
    )
  }
  const { weights } = patchEmbedOperation
  const inner = patchSize[0] * patchSize[1] * channels
  const kernel = net.weight(`${name}.kernel`, [inner, width], weights.kernel!, true)
  const bias = net.weight(`${name}.bias`, [1, width], weights.bias!)
  const output = net.value(name, [rows * columns, width])
  net.push({ op: 'patch_embed', input, output, kernel, bias, grid, patchSize })
  return output
}
