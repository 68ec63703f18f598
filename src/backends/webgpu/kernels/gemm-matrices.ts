import { each, type MainLoop, type Operands, range, type TileSize } from './gemm-tile.ts'
import { toStorage } from './kernel.ts'

/** A product that one subgroup computes at once: f16 values, sums in f32. */
export interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly inner: number
  /** How many threads a subgroup has. */
  readonly lanes: { readonly least: number; readonly most: number }
}

/** How many matrices make a tile. */
export interface MatrixGrid {
  /** How many subgroups share it. */
  readonly subgroups: readonly [down: number, across: number]
  /** How many sums each of them has. */
  readonly sums: readonly [down: number, across: number]
  /** How many matrices the inner dimension has in workgroup memory. */
  readonly deep: number
}

/** A tile whose sums are in matrices of subgroups. */
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

/** Vectors of f16 by which rows are padded: no two of them begin in the same bank, all where a matrix may. */
const PAD = 2

/** Bytes of workgroup memory. */
export function matrixBytes({ rows, columns, inner, matrix, subgroups }: MatrixTile): number {
  const round = subgroups[0] * matrix.rows * subgroups[1] * matrix.columns
  return 2 * (rows * (inner + 4 * PAD) + inner * (columns + 4 * PAD)) + 4 * round
}

/** As many as so many subgroups of the largest size have; of smaller ones some have nothing to multiply. */
export const matrixThreads = ({ matrix, subgroups: [down, across] }: MatrixTile): number =>
  down * across * matrix.lanes.most

/**
 * Each subgroup keeps its sums in matrices. While it multiplies, what comes next is on its way to
 * registers. A matrix's elements are nobody's: the sums go through workgroup memory, one matrix of every
 * subgroup at a time, which together are a region of the output.
 */
export function matrixLoop(tile: MatrixTile, { a, b, pair }: Operands): MainLoop {
  const { matrix, subgroups } = tile
  const [down, across] = subgroups
  const threads = matrixThreads(tile)
  const [inner4, columns4] = [tile.inner / 4, tile.columns / 4]
  const [strideA, strideB] = [inner4 + PAD, columns4 + PAD]
  // What all subgroups compute at a time.
  const round = { rows: down * matrix.rows, columns4: (across * matrix.columns) / 4 }
  const [rows, columns] = [range(tile.sums[0]), range(tile.sums[1])]
  const partsA = range(Math.ceil((tile.rows * inner4) / threads))
  const partsB = range(Math.ceil((tile.inner * columns4) / threads))
  const isMasked = matrix.lanes.least < matrix.lanes.most
  const masked = (text: string) =>
    isMasked ? `    if (subgroup < ${down * across}u) {\n${text}\n    }` : text

  const place = (part: number) => `(thread + ${part * threads}u)`
  const fetch = (k0: string) => {
    const loadA = partsA.map(
      (i) =>
        `    next_a_${i} = load_a(row0 + ${place(i)} / ${inner4}u, ${k0} + ${place(i)} % ${inner4}u);`,
    )
    const loadB = (name: string) =>
      partsB
        .map(
          (i) =>
            `    next_b_${i} = load_${name}(4 * (${k0}) + ${place(i)} / ${columns4}u, column0 + ${place(i)} % ${columns4}u);`,
        )
        .join('\n')
    const right = pair
      ? `    if (second) {\n${loadB('b2')}\n    } else {\n${loadB('b')}\n    }`
      : loadB('b')
    return [...loadA, right].join('\n')
  }
  const put = (name: 'a' | 'b', part: number, width: number, stride: number, height: number) => {
    const to = `tile_${name}[${place(part)} / ${width}u * ${stride}u + ${place(part)} % ${width}u]`
    const value = `next_${name}_${part}`
    const isF16 = (name === 'a' ? a : b) === 'f16'
    const text = `${to} = ${isF16 ? value : toStorage('f16', value)};`
    const isInside = (part + 1) * threads <= width * height
    return isInside ? `    ${text}` : `    if (${place(part)} < ${width * height}u) { ${text} }`
  }
  const multiply = `    for (var k = 0u; k < ${tile.deep}u; k++) {
${rows.map((i) => `      let a_${i} = subgroupMatrixLoad<subgroup_matrix_left<f16, ${matrix.inner}, ${matrix.rows}>, row_major>(&tile_a, (down + ${i * round.rows}u) * ${strideA}u + k * ${matrix.inner / 4}u, ${strideA}u);`).join('\n')}
${columns.map((j) => `      let b_${j} = subgroupMatrixLoad<subgroup_matrix_right<f16, ${matrix.columns}, ${matrix.inner}>, row_major>(&tile_b, k * ${matrix.inner * strideB}u + across + ${j * round.columns4}u, ${strideB}u);`).join('\n')}
${each(rows, columns, (i, j) => `      sum_${i}_${j} = subgroupMatrixMultiplyAccumulate(a_${i}, b_${j}, sum_${i}_${j});`)}
    }`
  return {
    workgroup: [threads],
    enable: ['f16', 'subgroups', 'chromium_experimental_subgroup_matrix'],
    before: `
var<workgroup> tile_a: array<vec4<f16>, ${tile.rows * strideA}>;
var<workgroup> tile_b: array<vec4<f16>, ${tile.inner * strideB}>;
var<workgroup> sums: array<vec4<f32>, ${round.rows * round.columns4}>;`,
    body: `  let down = subgroup / ${across}u * ${matrix.rows}u;
  let across = subgroup % ${across}u * ${matrix.columns / 4}u;
${each(rows, columns, (i, j) => `  var sum_${i}_${j}: subgroup_matrix_result<f32, ${matrix.columns}, ${matrix.rows}>;`)}
${partsA.map((i) => `  var next_a_${i}: vec4<${a}>;`).join('\n')}
${partsB.map((i) => `  var next_b_${i}: vec4<${b}>;`).join('\n')}
${fetch('0')}
  for (var k0 = 0u; k0 < params.inner4; k0 += ${inner4}u) {
    workgroupBarrier();
${partsA.map((i) => put('a', i, inner4, strideA, tile.rows)).join('\n')}
${partsB.map((i) => put('b', i, columns4, strideB, tile.inner)).join('\n')}
    workgroupBarrier();
${fetch(`k0 + ${inner4}u`)}
${masked(multiply)}
  }
${each(rows, columns, (i, j) => {
  const sum = `    subgroupMatrixStore<row_major>(&sums, down * ${round.columns4}u + across, sum_${i}_${j}, ${round.columns4}u);`
  const row = `row0 + ${i * round.rows}u + i / ${round.columns4}u`
  const column = `column0 + ${j * round.columns4}u + i % ${round.columns4}u`
  return `  workgroupBarrier();
${masked(sum)}
  workgroupBarrier();
  for (var i = thread; i < ${round.rows * round.columns4}u; i += ${threads}u) {
    finish(${row}, ${column}, sums[i]${pair ? ', second' : ''});
  }`
})}`,
  }
}
