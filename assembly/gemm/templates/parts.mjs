/**
 * Parts shared by the templates of all types.
 *
 * @typedef {{ rows: number, columns: number, isa: 'simd' | 'relaxed', unroll: number, tails: number, repeat: number }} Tile
 */

export const range = (n) => Array.from({ length: n }, (_, i) => i)

export const lines = (indent, list) => list.map((line) => ' '.repeat(indent) + line).join('\n')

/** The accumulator of row i and vector j. */
export const c = (i, j) => `c${i}_${j}`

/** `f` for every accumulator of a tile. */
export const each = ({ rows, columns }, f) =>
  range(rows).flatMap((i) => range(columns / 4).map((j) => f(i, j)))

const parameters = `
  a: usize, b: usize, c: usize, stride: usize, steps: i32,
  bias: usize, residual: usize, residualStride: usize,
`

/** One kernel for each number of rows up to a full tile's, and the function that dispatches to them. */
export function tileKernels(type, chooser, tile, body) {
  const name = (rows) => `${type}_gemm_${rows}x${tile.columns}_${tile.isa}`
  const call = (rows) => `${name(rows)}(a, b, c, stride, steps, bias, residual, residualStride);`
  const kernels = range(tile.rows).map(
    (i) =>
      `export function ${name(i + 1)}(${parameters}): void {\n${body({ ...tile, rows: i + 1, unroll: i + 1 < tile.rows ? tile.tails : tile.unroll })}}\n`,
  )
  return `${kernels.join('\n')}
/** Computes a tile of \`rows\` rows, 1 to ${tile.rows}. */
export function ${chooser}(
  rows: i32, a: usize, b: usize, c: usize, stride: usize, steps: i32,
  bias: usize, residual: usize, residualStride: usize,
): void {
  switch (rows) {
${lines(
  4,
  range(tile.rows - 1).map((i) => `case ${i + 1}: ${call(i + 1)} break;`),
)}
    default: ${call(tile.rows)}
  }
}
`
}

/**
 * The loop over k, from `b` to `end`. `step(u)` are the lines of step u of an iteration, with addresses
 * relative to the start of the iteration; a step consumes `aBytes` of A and `bBytes` of B. Unrolled loops
 * also read the next panel ahead; see read-ahead.ts.
 */
export function loop({ unroll, repeat }, step, aBytes, bBytes) {
  const advance = (steps) => [`a += ${aBytes * steps};`, `b += ${bBytes * steps};`]
  const block = (list) => `    {\n${lines(6, list)}\n    }`
  const single = range(repeat)
    .map(() => block([...step(0), ...advance(1)]))
    .join('\n    if (b >= end) break;\n')
  const unrolled = `  let next = ahead;
  const onward = pace;
  for (const whole = end - ${bBytes * unroll}; b <= whole; ) {
${range(unroll)
  .map((u) => block(step(u)))
  .join('\n')}
    load<u8>(next);
    next += onward;
${lines(4, advance(unroll))}
  }
`
  return `${unroll > 1 ? unrolled : ''}  while (b < end) {
${single}
  }
`
}

const row = (base, i) => (i === 0 ? base : `${base}${i}`)

const pointers = (rows, base, stride) =>
  range(rows)
    .slice(1)
    .map((i) => `const ${base}${i} = ${row(base, i - 1)} + ${stride};`)

/** Adds the residual to the accumulators, where there is one. */
export const addResidual = (tile) => `  if (residual) {
    const r = residual;
${lines(4, pointers(tile.rows, 'r', 'residualStride'))}
${lines(
  4,
  each(tile, (i, j) => `${c(i, j)} = f32x4.add(${c(i, j)}, v128.load(${row('r', i)}, ${16 * j}));`),
)}
  }
`

export const store = (tile) => `${lines(2, pointers(tile.rows, 'c', 'stride'))}
${lines(
  2,
  each(tile, (i, j) => `v128.store(${row('c', i)}, ${c(i, j)}, ${16 * j});`),
)}
`
