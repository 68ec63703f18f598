import { each, type MainLoop, type Operands, range, type TileSize } from './gemm-tile.ts'
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
export function matrixBytes({ rows, columns, inner, matrix, subgroups }: MatrixTile): number {
  const round = subgroups[0] * matrix.rows * subgroups[1] * matrix.columns
  return 2 * (rows * (inner + 4 * PAD) + inner * (columns + 4 * PAD)) + 4 * round
}

/** Enough for subgroups of maximum size; with smaller ones, the extra subgroups only copy. */
export const matrixThreads = ({ matrix, subgroups: [down, across] }: MatrixTile): number =>
  down * across * matrix.lanes.most

/**
 * Each subgroup keeps its sums in matrices and multiplies matrices from workgroup memory, while the next tile
 * is prefetched into registers. The mapping of matrix elements to threads is unspecified, so sums are stored
 * through workgroup memory: one matrix of every subgroup at a time, together a region of the output.
 */
export function matrixLoop(tile: MatrixTile, { a, b, pair }: Operands): MainLoop {
  const { matrix } = tile
  const [down, across] = tile.subgroups
  const threads = matrixThreads(tile)
  const [inner4, columns4] = [tile.inner / 4, tile.columns / 4]
  const [rows, columns] = [range(tile.sums[0]), range(tile.sums[1])]
  const region = { rows: down * matrix.rows, columns4: (across * matrix.columns) / 4 }
  const left = `subgroup_matrix_left<f16, ${matrix.inner}, ${matrix.rows}>`
  const right = `subgroup_matrix_right<f16, ${matrix.columns}, ${matrix.inner}>`
  const result = `subgroup_matrix_result<f32, ${matrix.columns}, ${matrix.rows}>`

  const stageA = stage('a', a, tile.rows, inner4, threads)
  const stageB = stage('b', b, tile.inner, columns4, threads)
  const fetchB = (load: string, k0: string) =>
    stageB.fetch((k, column) => `${load}(4 * (${k0}) + ${k}, column0 + ${column})`)
  const fetch = (k0: string) => `${stageA.fetch((row, k) => `load_a(row0 + ${row}, ${k0} + ${k})`)}
${pair ? `    if (second) {\n${fetchB('load_b2', k0)}\n    } else {\n${fetchB('load_b', k0)}\n    }` : fetchB('load_b', k0)}`

  // With subgroups below the maximum size there are extra ones, which must not multiply.
  const isExact = matrix.lanes.least === matrix.lanes.most
  const bySome = (text: string) =>
    isExact ? text : `    if (subgroup < ${down * across}u) {\n${text}\n    }`
  const multiply = `    for (var k = 0u; k < ${tile.deep}u; k++) {
${rows
  .map((i) => {
    const at = `(down + ${i * region.rows}u) * ${stageA.stride}u + k * ${matrix.inner / 4}u`
    return `      let a_${i} = subgroupMatrixLoad<${left}, row_major>(&tile_a, ${at}, ${stageA.stride}u);`
  })
  .join('\n')}
${columns
  .map((j) => {
    const at = `k * ${matrix.inner * stageB.stride}u + across + ${j * region.columns4}u`
    return `      let b_${j} = subgroupMatrixLoad<${right}, row_major>(&tile_b, ${at}, ${stageB.stride}u);`
  })
  .join('\n')}
${each(rows, columns, (i, j) => `      sum_${i}_${j} = subgroupMatrixMultiplyAccumulate(a_${i}, b_${j}, sum_${i}_${j});`)}
    }`

  return {
    workgroup: [threads],
    enable: ['f16', 'subgroups', 'chromium_experimental_subgroup_matrix'],
    before: `
${stageA.memory}
${stageB.memory}
var<workgroup> region: array<vec4<f32>, ${region.rows * region.columns4}>;`,
    body: `  let down = subgroup / ${across}u * ${matrix.rows}u;
  let across = subgroup % ${across}u * ${matrix.columns / 4}u;
${each(rows, columns, (i, j) => `  var sum_${i}_${j}: ${result};`)}
${stageA.registers}
${stageB.registers}
${fetch('0')}
  for (var k0 = 0u; k0 < params.inner4; k0 += ${inner4}u) {
    workgroupBarrier();
${stageA.put}
${stageB.put}
    workgroupBarrier();
${fetch(`k0 + ${inner4}u`)}
${bySome(multiply)}
  }
${each(rows, columns, (i, j) => {
  const sum = `    subgroupMatrixStore<row_major>(&region, down * ${region.columns4}u + across, sum_${i}_${j}, ${region.columns4}u);`
  const row = `row0 + ${i * region.rows}u + i / ${region.columns4}u`
  const column = `column0 + ${j * region.columns4}u + i % ${region.columns4}u`
  return `  workgroupBarrier();
${bySome(sum)}
  workgroupBarrier();
  for (var i = thread; i < ${region.rows * region.columns4}u; i += ${threads}u) {
    finish(${row}, ${column}, region[i]${pair ? ', second' : ''});
  }`
})}`,
  }
}

/** WGSL that copies a tile of A or B to workgroup memory in vectors, through registers. */
function stage(name: 'a' | 'b', storage: Storage, height: number, width4: number, threads: number) {
  const stride = width4 + PAD
  const parts = range(Math.ceil((height * width4) / threads))
  const place = (part: number) => `(thread + ${part * threads}u)`
  const row = (part: number) => `${place(part)} / ${width4}u`
  const column = (part: number) => `${place(part)} % ${width4}u`
  return {
    stride,
    memory: `var<workgroup> tile_${name}: array<vec4<f16>, ${height * stride}>;`,
    registers: parts.map((part) => `  var next_${name}_${part}: vec4<${storage}>;`).join('\n'),
    fetch: (load: (row: string, column: string) => string) =>
      parts
        .map((part) => `    next_${name}_${part} = ${load(row(part), column(part))};`)
        .join('\n'),
    put: parts
      .map((part) => {
        const next = `next_${name}_${part}`
        const value = storage === 'f16' ? next : toStorage('f16', next)
        const text = `tile_${name}[${row(part)} * ${stride}u + ${column(part)}] = ${value};`
        const isInside = (part + 1) * threads <= height * width4
        return isInside
          ? `    ${text}`
          : `    if (${place(part)} < ${height * width4}u) { ${text} }`
      })
      .join('\n'),
  }
}
