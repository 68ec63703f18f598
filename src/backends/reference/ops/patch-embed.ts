import { type PatchEmbed, patchGrid } from '../../../program/ops/patch-embed.ts'
import { type Matrix, matrix } from '../matrix.ts'
import type { Compute } from './compute.ts'
import { product } from './linear.ts'

export const patchEmbed: Compute<PatchEmbed> = (op, { value, weight, optional }) => {
  const patches = cutPatches(value(op.input), op)
  return [product(patches, weight(op.kernel), optional(op.bias), 'none', undefined)]
}

/** Cuts an image `[grid rows * grid columns, channels]` into `[patches, patch rows * patch columns * channels]`. */
function cutPatches(
  image: Matrix,
  { grid, patchSize }: Pick<PatchEmbed, 'grid' | 'patchSize'>,
): Matrix {
  const channels = image.shape[1]
  const [patchRows, patchColumns] = patchSize
  const [rows, columns] = patchGrid({ grid, patchSize })
  const run = patchColumns * channels
  const out = matrix(rows * columns, patchRows * run)
  let at = 0
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let y = 0; y < patchRows; y++, at += run) {
        const start = (row * patchRows + y) * grid[1] * channels + column * run
        out.data.set(image.data.subarray(start, start + run), at)
      }
    }
  }
  return out
}
