import { integerKernel } from './integer.mjs'
import { c, range } from './parts.mjs'

/**
 * Quads of 8-bit weights times 7-bit activations, summed in 32 bits by one instruction where the processor
 * has it (AVX-VNNI, ARM's dot product). The results equal those of i8.mjs. Tiles have more rows, since only
 * the sums stay in registers.
 * @param {import('./parts.mjs').Tile} tile
 */
export function i8DotKernel(tile) {
  const { rows, columns } = tile
  const vectors = range(columns / 4)
  const step = (u) => [
    ...vectors.map((j) => `const b${j} = v128.load(b, ${4 * columns * u + 16 * j});`),
    ...range(rows).flatMap((i) => [
      `const a${i} = v128.load32_splat(a, ${4 * (rows * u + i)});`,
      ...vectors.map((j) => `${c(i, j)} = v128.relaxed_dot_add<i32>(b${j}, a${i}, ${c(i, j)});`),
    ]),
  ]
  return integerKernel(tile, [], step, 1)
}
