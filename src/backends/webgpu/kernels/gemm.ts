import { activationText, type Epilogue, epilogueBindings, epilogueName, store } from './epilogue.ts'
import { type Binding, type Kernel, kernel, type Storage } from './kernel.ts'
import { patchParams, patchText } from './patches.ts'

/** What a workgroup computes of the product, and each of its threads. Columns are multiples of 4. */
export interface Tile {
  readonly rows: number
  readonly columns: number
  /** How much of the inner dimension is in workgroup memory at once; a multiple of 4. */
  readonly inner: number
  readonly threadRows: number
  readonly threadColumns: number
}

export interface GemmOptions extends Epilogue {
  readonly tile: Tile
  readonly a: Storage
  readonly b: Storage
  /** Where the rows of A come from: a matrix, or the patches of images. */
  readonly source: 'matrix' | 'patches'
  /** A second right-hand side with its own bias and output, to the right of the first. */
  readonly pair: boolean
  /** Tokens: rows before the patches, and what is added to all rows. */
  readonly tokens: 'none' | 'position' | 'prefix'
}

/** Bytes of workgroup memory that a kernel takes. Rows of A are padded against bank conflicts. */
export function gemmBytes({ rows, columns, inner }: Tile, a: Storage, b: Storage): number {
  const bytes = (storage: Storage) => (storage === 'f16' ? 2 : 4)
  return rows * (inner + 4) * bytes(a) + inner * columns * bytes(b)
}

export const gemmThreads = ({ rows, columns, threadRows, threadColumns }: Tile): number =>
  (rows / threadRows) * (columns / threadColumns)

export const gemmParams = ['rows', 'inner4', 'columns4', 'columns4b', 'tiles'] as const

/**
 * `out[rows, columns] = epilogue(A[rows, inner] x B[inner, columns])`. Each thread keeps its outputs in
 * registers and reads vectors along the inner dimension from workgroup memory. Reads beyond the edges
 * give zero; nothing beyond them is written.
 */
export function gemm(options: GemmOptions): Kernel {
  const { tile, a, b, source, pair, tokens } = options
  const [threadsX, threadsY] = [tile.columns / tile.threadColumns, tile.rows / tile.threadRows]
  const threads = threadsX * threadsY
  const [inner4, columns4] = [tile.inner / 4, tile.columns / 4]
  const rows = range(tile.threadRows)
  const columns = range(tile.threadColumns / 4)
  const isPatches = source === 'patches'

  const bindings: Binding[] = [
    isPatches ? { name: 'a', type: 'f32' } : { name: 'a', type: `vec4<${a}>` },
    { name: 'b', type: `vec4<${b}>` },
    ...epilogueBindings(options),
    ...(tokens === 'prefix' ? [{ name: 'prefix', type: 'vec4<f32>' }] : []),
    ...(tokens !== 'none' ? [{ name: 'position', type: 'vec4<f32>' }] : []),
    { name: 'out', type: `vec4<${options.out}>`, access: 'write' },
    ...(pair ? [{ name: 'b2', type: `vec4<${b}>` }] : []),
    ...(pair && options.bias ? [{ name: 'bias2', type: 'vec4<f32>' }] : []),
    ...(pair ? [{ name: 'out2', type: `vec4<${options.out}>`, access: 'write' as const }] : []),
  ]

  const loadA = isPatches
    ? patchText
    : `fn load_a(row: u32, k: u32) -> vec4<${a}> {
  if (row < params.rows && k < params.inner4) { return a[row * params.inner4 + k]; }
  return vec4<${a}>();
}`
  const loadB = (
    name: string,
    width: string,
  ) => `fn load_${name}(k: u32, column: u32) -> vec4<${b}> {
  if (k < 4 * params.inner4 && column < ${width}) { return ${name}[k * ${width} + column]; }
  return vec4<${b}>();
}`
  const fillB = (
    name: string,
  ) => `    for (var i = thread; i < ${tile.inner * columns4}u; i += ${threads}u) {
      tile_b[i] = load_${name}(4 * k0 + i / ${columns4}u, column0 + i % ${columns4}u);
    }`

  const finish = `fn finish(row: u32, column: u32, product: vec4<f32>${pair ? ', second: bool' : ''}) {
  if (row >= params.rows) { return; }
${
  pair
    ? `  if (second) {
    if (column >= params.columns4b) { return; }
    let place2 = row * params.columns4b + column;
    ${store(options, 'product', 'place2', 'column').replace('out[', 'out2[').replace('bias[', 'bias2[')}
    return;
  }`
    : ''
}
  if (column >= params.columns4) { return; }
  let place = row * params.columns4 + column;
${finishText(options)}
}`

  return kernel({
    name: gemmName(options),
    bindings,
    params: [
      ...gemmParams,
      ...(isPatches ? patchParams : []),
      ...(tokens === 'none' ? [] : ['tokens', 'before']),
    ],
    workgroup: [threadsX, threadsY],
    before: `
var<workgroup> tile_a: array<vec4<${isPatches ? 'f32' : a}>, ${tile.rows * (inner4 + 1)}>;
var<workgroup> tile_b: array<vec4<${b}>, ${tile.inner * columns4}>;
${activationText(options.activation)}
${loadA}
${loadB('b', 'params.columns4')}
${pair ? loadB('b2', 'params.columns4b') : ''}
${finish}`,
    body: `  let row0 = group.y * ${tile.rows}u;
${
  pair
    ? `  let second = group.x >= params.tiles;
  let column0 = select(group.x, group.x - params.tiles, second) * ${columns4}u;`
    : `  let column0 = group.x * ${columns4}u;`
}
${each(rows, columns, (i, j) => `  var sum_${i}_${j} = vec4<f32>();`)}
  for (var k0 = 0u; k0 < params.inner4; k0 += ${inner4}u) {
    for (var i = thread; i < ${tile.rows * inner4}u; i += ${threads}u) {
      let row = i / ${inner4}u;
      let k = i % ${inner4}u;
      tile_a[row * ${inner4 + 1}u + k] = load_a(row0 + row, k0 + k);
    }
${pair ? `    if (second) {\n${fillB('b2')}\n    } else {\n${fillB('b')}\n    }` : fillB('b')}
    workgroupBarrier();
    for (var k = 0u; k < ${inner4}u; k++) {
${rows.map((i) => `      let a_${i} = vec4<f32>(tile_a[(at.y + ${i * threadsY}u) * ${inner4 + 1}u + k]);`).join('\n')}
${range(4)
  .map((p) =>
    columns
      .map((j) => {
        const column = `at.x + ${j * threadsX}u`
        const vector = `      let b_${p}_${j} = vec4<f32>(tile_b[(4 * k + ${p}) * ${columns4}u + ${column}]);`
        const fused = rows.map((i) => `      sum_${i}_${j} += a_${i}[${p}] * b_${p}_${j};`)
        return [vector, ...fused].join('\n')
      })
      .join('\n'),
  )
  .join('\n')}
    }
    workgroupBarrier();
  }
${each(rows, columns, (i, j) => {
  const row = `row0 + at.y + ${i * threadsY}u`
  const column = `column0 + at.x + ${j * threadsX}u`
  return `  finish(${row}, ${column}, sum_${i}_${j}${pair ? ', second' : ''});`
})}`,
  })
}

/** Type, operation, tile, then what it does besides: `f16_gemm_64x64x16_bias_gelu_erf`. */
function gemmName(options: GemmOptions): string {
  const { tile, a, b, out, source, pair, tokens } = options
  const types = [...new Set([a, b, out])].join('')
  const extra = [
    pair && '_pair',
    source === 'patches' && '_patches',
    tokens !== 'none' && `_${tokens}`,
  ]
  const size = `${tile.rows}x${tile.columns}x${tile.inner}`
  return `${types}_gemm_${size}${epilogueName(options)}${extra.filter(Boolean).join('')}`
}

function finishText(options: GemmOptions): string {
  const { tokens } = options
  if (tokens === 'none') return `  ${store(options, 'product', 'place', 'column')}`
  const prefix = `select(${options.bias ? 'product + bias[column]' : 'product'}, prefix[min(token, params.before - 1) * params.columns4 + column], token < params.before)`
  const value = tokens === 'prefix' ? prefix : options.bias ? 'product + bias[column]' : 'product'
  return `  let token = row % params.tokens;
  out[place] = ${value} + position[token * params.columns4 + column];`
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i)

const each = (rows: number[], columns: number[], text: (i: number, j: number) => string) =>
  rows.flatMap((i) => columns.map((j) => text(i, j))).join('\n')
