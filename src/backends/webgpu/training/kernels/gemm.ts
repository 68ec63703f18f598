import { tileName } from '../../kernels/gemm.ts'
import {
  type Fills,
  fromRows,
  type RegisterTile,
  registerLoop,
} from '../../kernels/gemm-registers.ts'
import { range, staged } from '../../kernels/gemm-tile.ts'
import { type Kernel, kernel, spreadIndex } from '../../kernels/kernel.ts'

export interface TurnedGemmOptions {
  readonly tile: RegisterTile
  /** The side that is multiplied transposed. */
  readonly turned: 'left' | 'right'
  /** Whether the product is added to the output. */
  readonly adds: boolean
}

export const turnedGemmParams = ['rows', 'inner4', 'columns4', 'inner', 'rows4'] as const

/**
 * `out[rows, columns] = A^T[rows, inner] x B[inner, columns]`, or `A[rows, inner] x B^T[inner, columns]`. The side that
 * is transposed is read in blocks of four rows by four columns, which are turned on their way into workgroup memory; so
 * both sides are read as vectors, and the main loop is that of `gemm`.
 */
export function turnedGemm({ tile, turned, adds }: TurnedGemmOptions): Kernel {
  const operands = { a: 'f32', b: 'f32', pair: false } as const
  const fills = { ...fromRows(operands), ...(turned === 'left' ? turnedLeft : turnedRight) }
  const loop = registerLoop(tile, operands, fills)
  return kernel({
    name: `f32_gemm_${turned}_${tileName(tile)}${adds ? '_add' : ''}`,
    bindings: [
      { name: 'a', type: 'vec4<f32>' },
      { name: 'b', type: 'vec4<f32>' },
      { name: 'out', type: 'vec4<f32>', access: 'write' },
    ],
    params: turnedGemmParams,
    workgroup: loop.workgroup,
    before: `${loop.before}
${turned === 'left' ? loadTurnedLeft : loadTurnedRight}
fn finish(row: u32, column: u32, product: vec4<f32>) {
  if (row >= params.rows || column >= params.columns4) { return; }
  let place = row * params.columns4 + column;
  out[place] = ${adds ? 'out[place] + product' : 'product'};
}`,
    body: `  let row0 = ${spreadIndex('y', 'z')} * ${tile.rows}u;
  let column0 = group.x * ${tile.columns / 4}u;
${loop.body}`,
  })
}

/** A is stored `[inner, rows]`. Rows beyond `inner` may be what an earlier pass left there. */
const loadTurnedLeft = `fn load_a(k: u32, row4: u32) -> vec4<f32> {
  if (k < params.inner && row4 < params.rows4) { return a[k * params.rows4 + row4]; }
  return vec4<f32>();
}
fn load_b(k: u32, column: u32) -> vec4<f32> {
  if (k < params.inner && column < params.columns4) { return b[k * params.columns4 + column]; }
  return vec4<f32>();
}`

const turnedLeft: Pick<Fills, 'a'> = {
  a({ rows, inner }, threads) {
    const [inner4, rows4] = [inner / 4, rows / 4]
    return staged({
      ...{ name: 'a', type: 'mat4x4<f32>', count: rows4 * inner4, threads },
      load: (i, k0) =>
        block((j) => `load_a(4 * (${k0} + ${i} / ${rows4}u) + ${j}, row0 / 4 + ${i} % ${rows4}u)`),
      store: (i, value) =>
        turnedRows(value, 'tile_a', (j) => {
          return `(4 * (${i} % ${rows4}u) + ${j}) * ${inner4 + 1}u + ${i} / ${rows4}u`
        }),
    })
  },
}

/** B is stored `[columns, inner]`, with rows of zeros to a multiple of four. */
const loadTurnedRight = `fn load_a(row: u32, k: u32) -> vec4<f32> {
  if (row < params.rows && k < params.inner4) { return a[row * params.inner4 + k]; }
  return vec4<f32>();
}
fn load_b(column: u32, k: u32) -> vec4<f32> {
  if (column < 4 * params.columns4 && k < params.inner4) { return b[column * params.inner4 + k]; }
  return vec4<f32>();
}`

const turnedRight: Pick<Fills, 'b'> = {
  b({ columns, inner }, threads) {
    const [inner4, columns4] = [inner / 4, columns / 4]
    return staged({
      ...{ name: 'b', type: 'mat4x4<f32>', count: inner4 * columns4, threads },
      load: (i, k0) =>
        block((j) => {
          return `load_b(4 * (column0 + ${i} / ${inner4}u) + ${j}, ${k0} + ${i} % ${inner4}u)`
        }),
      store: (i, value) =>
        turnedRows(value, 'tile_b', (j) => {
          return `(4 * (${i} % ${inner4}u) + ${j}) * ${columns4}u + ${i} / ${inner4}u`
        }),
    })
  },
}

/** Four rows of four columns. */
const block = (row: (j: number) => string) => `mat4x4<f32>(${range(4).map(row).join(', ')})`

/** Writes the columns of a block to `place` in workgroup memory. */
const turnedRows = (value: string, name: string, place: (j: number) => string) =>
  range(4)
    .map((j) => `${name}[${place(j)}] = transpose(${value})[${j}];`)
    .join(' ')
