import { bytesOf, each, type MainLoop, type Operands, range, type TileSize } from './gemm-tile.ts'
import type { Storage } from './kernel.ts'

/** A tile whose sums are in registers. */
export interface RegisterTile extends TileSize {
  readonly threadRows: number
  /** A multiple of 4. */
  readonly threadColumns: number
}

/** Bytes of workgroup memory. Rows of A are padded against bank conflicts. */
export const registerBytes = ({ rows, columns, inner }: RegisterTile, a: Storage, b: Storage) =>
  rows * (inner + 4) * bytesOf(a) + inner * columns * bytesOf(b)

export const registerThreads = (tile: RegisterTile): number =>
  (tile.rows / tile.threadRows) * (tile.columns / tile.threadColumns)

/** WGSL that fills the tiles of both sides, from row `row0`, column vector `column0` and inner vector `k0` on. */
export interface Fills {
  a(tile: RegisterTile, threads: number): string
  b(tile: RegisterTile, threads: number): string
}

/** From `load_a(row, k)` and `load_b(k, column)`. */
export const fromRows = (pair: boolean): Fills => ({
  a: ({ rows, inner }, threads) => {
    const inner4 = inner / 4
    return `    for (var i = thread; i < ${rows * inner4}u; i += ${threads}u) {
      let row = i / ${inner4}u;
      let k = i % ${inner4}u;
      tile_a[row * ${inner4 + 1}u + k] = load_a(row0 + row, k0 + k);
    }`
  },
  b: ({ columns, inner }, threads) => {
    const columns4 = columns / 4
    const fill = (
      name: string,
    ) => `    for (var i = thread; i < ${inner * columns4}u; i += ${threads}u) {
      tile_b[i] = load_${name}(4 * k0 + i / ${columns4}u, column0 + i % ${columns4}u);
    }`
    if (!pair) return fill('b')
    return `    if (second) {\n${fill('b2')}\n    } else {\n${fill('b')}\n    }`
  },
})

/** Each thread keeps its sums in registers and reads vectors along the inner dimension from workgroup memory. */
export function registerLoop(
  tile: RegisterTile,
  { a, b, pair }: Operands,
  fills = fromRows(pair),
): MainLoop {
  const [threadsX, threadsY] = [tile.columns / tile.threadColumns, tile.rows / tile.threadRows]
  const threads = threadsX * threadsY
  const [inner4, columns4] = [tile.inner / 4, tile.columns / 4]
  const rows = range(tile.threadRows)
  const columns = range(tile.threadColumns / 4)
  return {
    workgroup: [threadsX, threadsY],
    before: `
var<workgroup> tile_a: array<vec4<${a}>, ${tile.rows * (inner4 + 1)}>;
var<workgroup> tile_b: array<vec4<${b}>, ${tile.inner * columns4}>;`,
    body: `${each(rows, columns, (i, j) => `  var sum_${i}_${j} = vec4<f32>();`)}
  for (var k0 = 0u; k0 < params.inner4; k0 += ${inner4}u) {
${fills.a(tile, threads)}
${fills.b(tile, threads)}
    workgroupBarrier();
    for (var k = 0u; k < ${inner4}u; k++) {
${rows.map((i) => `      let a_${i} = vec4<f32>(tile_a[(at.y + ${i * threadsY}u) * ${inner4 + 1}u + k]);`).join('\n')}
${each(range(4), columns, (p, j) => {
  const column = `at.x + ${j * threadsX}u`
  const vector = `      let b_${p}_${j} = vec4<f32>(tile_b[(4 * k + ${p}) * ${columns4}u + ${column}]);`
  const fused = rows.map((i) => `      sum_${i}_${j} += a_${i}[${p}] * b_${p}_${j};`)
  return [vector, ...fused].join('\n')
})}
    }
    workgroupBarrier();
  }
${each(rows, columns, (i, j) => {
  const row = `row0 + at.y + ${i * threadsY}u`
  const column = `column0 + at.x + ${j * threadsX}u`
  return `  finish(${row}, ${column}, sum_${i}_${j}${pair ? ', second' : ''});`
})}`,
  }
}
