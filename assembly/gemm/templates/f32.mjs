import { addResidual, c, each, lines, loop, range, store } from './parts.mjs'

/**
 * The accumulators start as the bias, plus the residual if any, so no epilogue is needed.
 * @param {import('./parts.mjs').Tile} tile
 */
export function f32Kernel(tile) {
  const { rows, columns, isa } = tile
  const vectors = range(columns / 4)
  const step = (u) => [
    ...vectors.map((j) => `const b${j} = v128.load(b, ${4 * columns * u + 16 * j});`),
    ...range(rows).flatMap((i) => [
      `const a${i} = v128.load32_splat(a, ${4 * (rows * u + i)});`,
      ...vectors.map((j) =>
        isa === 'relaxed'
          ? `${c(i, j)} = f32x4.relaxed_madd(a${i}, b${j}, ${c(i, j)});`
          : `${c(i, j)} = f32x4.add(${c(i, j)}, f32x4.mul(a${i}, b${j}));`,
      ),
    ]),
  ]
  return `${lines(
    2,
    vectors.map((j) => `let ${c(0, j)} = v128.load(bias, ${16 * j});`),
  )}
${lines(2, each(tile, (i, j) => (i === 0 ? '' : `let ${c(i, j)} = ${c(0, j)};`)).filter(Boolean))}
${addResidual(tile)}  const end = b + <usize>steps * ${4 * columns};
${loop(tile, step, 4 * rows, 4 * columns)}${store(tile)}`
}
