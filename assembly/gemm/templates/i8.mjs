import { integerKernel } from './integer.mjs'
import { c, range } from './parts.mjs'

/**
 * Quads of 8-bit weights times 7-bit activations. The products of two quads are summed in 16 bits before
 * widening; scales are chosen so that this can't overflow (see src/quantization/int8.ts).
 * @param {import('./parts.mjs').Tile} tile
 */
export function i8Kernel(tile) {
  const { rows, columns } = tile
  const vectors = range(columns / 4)
  const quads = [0, 1]
  const step = (u) => [
    ...quads.flatMap((q) =>
      vectors.map((j) => `const b${q}_${j} = v128.load(b, ${4 * columns * (2 * u + q) + 16 * j});`),
    ),
    ...range(rows).flatMap((i) => [
      ...quads.map(
        (q) => `const a${q}_${i} = v128.load32_splat(a, ${4 * (rows * (2 * u + q) + i)});`,
      ),
      ...vectors.map((j) => {
        const [first, second] = quads.map((q) => `v128.relaxed_dot<i16>(b${q}_${j}, a${q}_${i})`)
        const sum = `i32x4.dot_i16x8_s(i16x8.add(${first}, ${second}), ones)`
        return `${c(i, j)} = i32x4.add(${c(i, j)}, ${sum});`
      }),
    ]),
  ]
  return integerKernel(tile, ['const ones = v128.load32_splat(ONES);'], step, 2)
}
