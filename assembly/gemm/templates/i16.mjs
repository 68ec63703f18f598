import { integerKernel } from './integer.mjs'
import { c, range } from './parts.mjs'

/**
 * Multiplies pairs of 16-bit integers and sums in 32 bits. Without relaxed instructions, results are
 * bit-identical on every engine.
 * @param {import('./parts.mjs').Tile} tile
 */
export function i16Kernel(tile) {
  const { rows, columns } = tile
  const vectors = range(columns / 4)
  const step = (u) => [
    ...vectors.map((j) => `const b${j} = v128.load(b, ${4 * columns * u + 16 * j});`),
    ...range(rows).flatMap((i) => [
      `const a${i} = v128.load32_splat(a, ${4 * (rows * u + i)});`,
      ...vectors.map((j) => `${c(i, j)} = i32x4.add(${c(i, j)}, i32x4.dot_i16x8_s(a${i}, b${j}));`),
    ]),
  ]
  return integerKernel(tile, [], step, 1)
}
