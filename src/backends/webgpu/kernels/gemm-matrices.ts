import {
  each,
  eitherB,
  type MainLoop,
  type Operands,
  range,
  staged,
  type TileSize,
} from './gemm-tile.ts'
import { type Storage, toStorage } from './kernel.ts'

/** The size of a subgroup matrix multiplication: f16 values, f32 sums. */
export interface Matrix extends TileSize {
  /** The range of subgroup sizes. */
  readonly lanes: { readonly least: number; readonly most: number }
}

/** How many matrices make a tile. */
export interface MatrixGrid {
  /** Subgroups per tile. */
  readonly subgroups: readonly [down: number, across: number]
  /** Accumulator matrices per subgroup. */
  readonly sums: readonly [down: number, across: number]
  /** Matrices along the inner dimension in workgroup memory at once. */
  readonly deep: number
  /** Sets of subgroups that share the inner dimension: each sums a part of it for the whole tile. */
  readonly slices: number
}

/** A tile whose sums are in subgroup matrices. */
export interface MatrixTile extends MatrixGrid, TileSize {
  readonly matrix: Matrix
}

export function matrixTile(matrix: Matrix, grid: MatrixGrid): MatrixTile {
  const { subgroups, sums, deep } = grid
  return {
    rows: subgroups[0] * sums[0] * matrix.rows,
    columns: subgroups[1] * sums[1] * matrix.columns,
    inner: deep * matrix.inner,
    ...grid,
    matrix,
  }
}

/**
 * Padding of rows, in vectors of f16. It spreads the rows of a matrix over memory banks and keeps them on
 * multiples of 16 bytes, as matrix loads need.
 */
const PAD = 2

/** Bytes of workgroup memory. */
export function matrixBytes({ rows, columns, inner, matrix, subgroups, slices }: MatrixTile) {
  const round = slices * subgroups[0] * matrix.rows * subgroups[1] * matrix.columns
  return 2 * (rows * (inner + 4 * PAD) + inner * (columns + 4 * PAD)) + 4 * round
}

/** Enough for subgroups of maximum size; with smaller ones, the extra subgroups only copy. */
export const matrixThreads = ({ matrix, subgroups: [down, across], slices }: MatrixTile): number =>
  slices * down * across * matrix.lanes.most

/**
 * Each subgroup keeps its sums in matrices and multiplies matrices from workgroup memory, while the next tile
 * is prefetched into registers. The mapping of matrix elements to threads is unspecified, so sums are stored
 * through workgroup memory: one matrix of every subgroup at a time, together a region of the output.
 */
export function matrixLoop(tile: MatrixTile, { a, b, pair }: Operands): MainLoop {
  const { matrix, slices } = tile
  const [down, across] = tile.subgroups
  const threads = matrixThreads(tile)
  const [inner4, columns4] = [tile.inner / 4, tile.columns / 4]
  const [rows, columns] = [range(tile.sums[0]), range(tile.sums[1])]
  const region = { rows: down * matrix.rows, columns4: (across * matrix.columns) / 4 }
  const regionSize = region.rows * region.columns4
  const left = `subgroup_matrix_left<f16, ${matrix.inner}, ${matrix.rows}>`
  const right = `subgroup_matrix_right<f16, ${matrix.columns}, ${matrix.inner}>`
  const result = `subgroup_matrix_result<f32, ${matrix.columns}, ${matrix.rows}>`

  const [strideA, strideB] = [inner4 + PAD, columns4 + PAD]
  const stageA = staged({
    ...{ name: 'a', type: `vec4<${a}>`, count: tile.rows * inner4, threads },
    load: (i, k0) => `load_a(row0 + ${i} / ${inner4}u, ${k0} + ${i} % ${inner4}u)`,
    store: (i, value) => put('a', a, i, inner4, value),
  })
  const stageB = eitherB(pair, (load) =>
    staged({
      ...{ name: 'b', type: `vec4<${b}>`, count: tile.inner * columns4, threads },
      load: (i, k0) => `${load}(4 * (${k0}) + ${i} / ${columns4}u, column0 + ${i} % ${columns4}u)`,
      store: (i, value) => put('b', b, i, columns4, value),
    }),
  )

  // With subgroups below the maximum size there are extra ones, which must not multiply.
  const isExact = matrix.lanes.least === matrix.lanes.most
  const bySome = (text: string) =>
    isExact ? text : `    if (subgroup < ${slices * down * across}u) {\n${text}\n    }`
  const share = tile.deep / slices
  const multiply = `    for (var step = 0u; step < ${share}u; step++) {
      let k = ${slices > 1 ? `slice * ${share}u + step` : 'step'};
${rows
  .map((i) => {
    const at = `(down + ${i * region.rows}u) * ${strideA}u + k * ${matrix.inner / 4}u`
    return `      let a_${i} = subgroupMatrixLoad<${left}, row_major>(&tile_a, ${at}, ${strideA}u);`
  })
  .join('\n')}
${columns
  .map((j) => {
    const at = `k * ${matrix.inner * strideB}u + across + ${j * region.columns4}u`
    return `      let b_${j} = subgroupMatrixLoad<${right}, row_major>(&tile_b, ${at}, ${strideB}u);`
  })
  .join('\n')}
${each(rows, columns, (i, j) => `      sum_${i}_${j} = subgroupMatrixMultiplyAccumulate(a_${i}, b_${j}, sum_${i}_${j});`)}
    }`
  const total = range(slices)
    .map((slice) => `region[i + ${slice * regionSize}u]`)
    .join(' + ')

  return {
    workgroup: [threads],
    enable: ['f16', 'subgroups', 'chromium_experimental_subgroup_matrix'],
    before: `
var<workgroup> tile_a: array<vec4<f16>, ${tile.rows * strideA}>;
var<workgroup> tile_b: array<vec4<f16>, ${tile.inner * strideB}>;
var<workgroup> region: array<vec4<f32>, ${slices * regionSize}>;`,
    body: `  let slice = subgroup / ${down * across}u;
  let down = subgroup / ${across}u % ${down}u * ${matrix.rows}u;
  let across = subgroup % ${across}u * ${matrix.columns / 4}u;
${each(rows, columns, (i, j) => `  var sum_${i}_${j}: ${result};`)}
${stageA.registers}
${stageB.registers}
${stageA.fetch('0u')}
${stageB.fetch('0u')}
  for (var k0 = 0u; k0 < params.inner4; k0 += ${inner4}u) {
    workgroupBarrier();
${stageA.put}
${stageB.put}
    workgroupBarrier();
${stageA.fetch(`k0 + ${inner4}u`)}
${stageB.fetch(`k0 + ${inner4}u`)}
${bySome(multiply)}
  }
${each(rows, columns, (i, j) => {
  const at = `slice * ${regionSize}u + down * ${region.columns4}u + across`
  const sum = `    subgroupMatrixStore<row_major>(&region, ${at}, sum_${i}_${j}, ${region.columns4}u);`
  const row = `row0 + ${i * region.rows}u + i / ${region.columns4}u`
  const column = `column0 + ${j * region.columns4}u + i % ${region.columns4}u`
  return `  workgroupBarrier();
${bySome(sum)}
  workgroupBarrier();
  for (var i = thread; i < ${regionSize}u; i += ${threads}u) {
    finish(${row}, ${column}, ${total}${pair ? ', second' : ''});
  }`
})}`,
  }
}

/** Writes vector `i` of a tile to workgroup memory. */
function put(name: 'a' | 'b', storage: Storage, i: string, width4: number, value: string): string {
  const half = storage === 'f16' ? value : toStorage('f16', value)
  return `tile_${name}[${i} / ${width4}u * ${width4 + PAD}u + ${i} % ${width4}u] = ${half};`
}
