import {
  each,
  eitherB,
  type MainLoop,
  type Operands,
  range,
  type Staged,
  staged,
  type TileSize,
} from './gemm-tile.ts'

/** A tile whose sums are in registers. */
export interface RegisterTile extends TileSize {
  readonly threadRows: number
  /** A multiple of 4. */
  readonly threadColumns: number
  /** Groups of threads that share the inner dimension: each sums a part of it for the whole tile. */
  readonly slices: number
}

const sliceThreads = ({ rows, columns, threadRows, threadColumns }: RegisterTile): number =>
  (rows / threadRows) * (columns / threadColumns)

export const registerThreads = (tile: RegisterTile): number => tile.slices * sliceThreads(tile)

/** The vectors of both tiles in workgroup memory. Rows of A are padded against bank conflicts. */
const sizeOfA = ({ rows, inner }: RegisterTile) => rows * (inner / 4 + 1)
/** When all is multiplied, the sums of all slices meet where B was. */
const sizeOfB = (tile: RegisterTile) =>
  Math.max((tile.inner * tile.columns) / 4, tile.slices > 1 ? registerThreads(tile) : 0)

/** Bytes of workgroup memory, where all values are f32. */
export const registerBytes = (tile: RegisterTile): number => 16 * (sizeOfA(tile) + sizeOfB(tile))

/** How the tiles of both sides are filled, from row `row0` and column vector `column0` on. */
export interface Fills {
  a(tile: RegisterTile, threads: number): Staged
  b(tile: RegisterTile, threads: number): Staged
}

/** From `load_a(row, k)` and `load_b(k, column)`. */
export const fromRows = ({ a, b, pair }: Operands): Fills => ({
  a({ rows, inner }, threads) {
    const inner4 = inner / 4
    return staged({
      ...{ name: 'a', type: `vec4<${a}>`, count: rows * inner4, threads },
      load: (i, k0) => `load_a(row0 + ${i} / ${inner4}u, ${k0} + ${i} % ${inner4}u)`,
      store: (i, value) =>
        `tile_a[${i} / ${inner4}u * ${inner4 + 1}u + ${i} % ${inner4}u] = vec4<f32>(${value});`,
    })
  },
  b({ columns, inner }, threads) {
    const columns4 = columns / 4
    const stage = (load: string) =>
      staged({
        ...{ name: 'b', type: `vec4<${b}>`, count: inner * columns4, threads },
        load: (i, k0) =>
          `${load}(4 * (${k0}) + ${i} / ${columns4}u, column0 + ${i} % ${columns4}u)`,
        store: (i, value) => `tile_b[${i}] = vec4<f32>(${value});`,
      })
    return eitherB(pair, stage)
  },
})

/** Each thread keeps its sums in registers and reads vectors along the inner dimension from workgroup memory. */
export function registerLoop(
  tile: RegisterTile,
  operands: Operands,
  fills = fromRows(operands),
): MainLoop {
  const { slices } = tile
  const threads = registerThreads(tile)
  const [threadsX, threadsY] = [tile.columns / tile.threadColumns, tile.rows / tile.threadRows]
  const [inner4, columns4] = [tile.inner / 4, tile.columns / 4]
  const rows = range(tile.threadRows)
  const columns = range(tile.threadColumns / 4)
  const [a, b] = [fills.a(tile, threads), fills.b(tile, threads)]
  const share = inner4 / slices
  const [from, to] =
    slices === 1 ? ['0u', `${share}u`] : [`at.z * ${share}u`, `(at.z + 1) * ${share}u`]
  const finish = (i: number, j: number, sum: string) => {
    const row = `row0 + at.y + ${i * threadsY}u`
    const column = `column0 + at.x + ${j * threadsX}u`
    return `  finish(${row}, ${column}, ${sum}${operands.pair ? ', second' : ''});`
  }
  return {
    workgroup: slices === 1 ? [threadsX, threadsY] : [threadsX, threadsY, slices],
    before: `
var<workgroup> tile_a: array<vec4<f32>, ${sizeOfA(tile)}>;
var<workgroup> tile_b: array<vec4<f32>, ${sizeOfB(tile)}>;`,
    body: `${each(rows, columns, (i, j) => `  var sum_${i}_${j} = vec4<f32>();`)}
${a.registers}
${b.registers}
${a.fetch('0u')}
${b.fetch('0u')}
  for (var k0 = 0u; k0 < params.inner4; k0 += ${inner4}u) {
    workgroupBarrier();
${a.put}
${b.put}
    workgroupBarrier();
${a.fetch(`k0 + ${inner4}u`)}
${b.fetch(`k0 + ${inner4}u`)}
    for (var k = ${from}; k < ${to}; k++) {
${rows.map((i) => `      let a_${i} = tile_a[(at.y + ${i * threadsY}u) * ${inner4 + 1}u + k];`).join('\n')}
${each(range(4), columns, (p, j) => {
  const column = `at.x + ${j * threadsX}u`
  const vector = `      let b_${p}_${j} = tile_b[(4 * k + ${p}) * ${columns4}u + ${column}];`
  const fused = rows.map((i) => `      sum_${i}_${j} += a_${i}[${p}] * b_${p}_${j};`)
  return [vector, ...fused].join('\n')
})}
    }
  }
${each(rows, columns, (i, j) =>
  slices === 1
    ? finish(i, j, `sum_${i}_${j}`)
    : acrossSlices(tile, `sum_${i}_${j}`, (i + j * rows.length) % slices, (sum) =>
        finish(i, j, sum),
      ),
)}`,
  }
}

/** Adds a sum of all slices. One of them finishes it; they take turns. */
function acrossSlices(
  tile: RegisterTile,
  own: string,
  turn: number,
  finish: (sum: string) => string,
): string {
  const threads = sliceThreads(tile)
  const parts = range(tile.slices).map(
    (slice) => `tile_b[thread % ${threads}u + ${slice * threads}u]`,
  )
  return `  workgroupBarrier();
  tile_b[thread] = ${own};
  workgroupBarrier();
  if (at.z == ${turn}) {
  ${finish(parts.join(' + '))}
  }`
}
