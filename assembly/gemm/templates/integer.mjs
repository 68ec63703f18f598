import { addResidual, c, each, lines, loop, range, store } from './parts.mjs'

/**
 * An integer product. After the steps of k, A holds the scale and zero point of each row, and B the scale
 * and sum of each column:
 *
 *     C = (sum - zero point * column's sum) * row's scale * column's scale + bias + residual
 *
 * Everything up to the conversion is exact. Multiplication and addition are not fused, since fusing would
 * round differently on some machines.
 * @param {import('./parts.mjs').Tile} tile
 * @param step lines of one loop iteration
 * @param turn steps of k per iteration
 */
export function integerKernel(tile, constants, step, turn) {
  const { rows, columns } = tile
  const vectors = range(columns / 4)
  const [aStep, bStep] = [4 * rows, 4 * columns]
  const finish = (i) => [
    `const scale${i} = v128.load32_splat(a, ${4 * i}), zero${i} = v128.load32_splat(a, ${aStep + 4 * i});`,
    ...vectors.map((j) => {
      const exact = `i32x4.sub(${c(i, j)}, i32x4.mul(zero${i}, sum${j}))`
      const scaled = `f32x4.mul(f32x4.convert_i32x4_s(${exact}), f32x4.mul(scale${i}, scales${j}))`
      return `${c(i, j)} = f32x4.add(${scaled}, bias${j});`
    }),
  ]
  return `${lines(2, constants)}
${lines(
  2,
  each(tile, (i, j) => `let ${c(i, j)} = i32x4.splat(0);`),
)}
  const end = b + <usize>steps * ${bStep};
${loop(tile, step, aStep * turn, bStep * turn)}${lines(
  2,
  vectors.map((j) => `const scales${j} = v128.load(b, ${16 * j});`),
)}
${lines(
  2,
  vectors.map((j) => `const sum${j} = v128.load(b, ${bStep + 16 * j});`),
)}
${lines(
  2,
  vectors.map((j) => `const bias${j} = v128.load(bias, ${16 * j});`),
)}
${lines(2, range(rows).flatMap(finish))}
${addResidual(tile)}${store(tile)}`
}
