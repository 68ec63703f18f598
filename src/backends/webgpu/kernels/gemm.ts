import { activationText, type Epilogue, epilogueBindings, epilogueName, store } from './epilogue.ts'
import { type MatrixTile, matrixBytes, matrixLoop, matrixThreads } from './gemm-matrices.ts'
import {
  type RegisterTile,
  registerBytes,
  registerLoop,
  registerThreads,
} from './gemm-registers.ts'
import type { Operands, TileSize } from './gemm-tile.ts'
import { type Binding, type Kernel, kernel, type Storage, spreadIndex } from './kernel.ts'
import { type Windows, windowsName, windowsText, windowsType } from './windows.ts'

/** How a workgroup computes its part of a product. */
export type Tile = RegisterTile | MatrixTile

export interface GemmOptions extends Epilogue {
  readonly tile: Tile
  readonly a: Storage
  readonly b: Storage
  /** Where the rows of A come from: a matrix, or the windows of images. */
  readonly source: 'matrix' | Windows
  /** A second right-hand side with its own bias and output, to the right of the first. */
  readonly pair: boolean
  /** Whether to add the position embedding, and prefix rows before the windows. */
  readonly tokens: 'none' | 'position' | 'prefix'
}

/** Bytes of workgroup memory. */
export const gemmBytes = (tile: Tile): number =>
  'matrix' in tile ? matrixBytes(tile) : registerBytes(tile)

export const gemmThreads = (tile: Tile): number =>
  'matrix' in tile ? matrixThreads(tile) : registerThreads(tile)

/** `64x64x16`, in four slices `32x32x64s4`, and with matrices `64x64x32_16x16x16`. */
export function tileName(tile: Tile): string {
  const size = ({ rows, columns, inner }: TileSize) => `${rows}x${columns}x${inner}`
  const name = `${size(tile)}${tile.slices > 1 ? `s${tile.slices}` : ''}`
  return 'matrix' in tile ? `${name}_${size(tile.matrix)}` : name
}

export const gemmParams = ['rows', 'inner4', 'columns4', 'columns4b', 'tiles'] as const

/**
 * `out[rows, columns] = epilogue(A[rows, inner] x B[inner, columns])`. The tile selects the main loop. Reads beyond
 * the edges return zero, and writes there are skipped.
 */
export function gemm(options: GemmOptions): Kernel {
  const { tile, a, b, source, pair, tokens } = options
  const operands: Operands = { a, b, pair }
  const loop = 'matrix' in tile ? matrixLoop(tile, operands) : registerLoop(tile, operands)
  const columns4 = tile.columns / 4

  const bindings: Binding[] = [
    { name: 'a', type: source === 'matrix' ? `vec4<${a}>` : windowsType(source, a) },
    { name: 'b', type: `vec4<${b}>` },
    ...epilogueBindings(options),
    ...(tokens === 'prefix' ? [{ name: 'prefix', type: 'vec4<f32>' }] : []),
    ...(tokens !== 'none' ? [{ name: 'position', type: 'vec4<f32>' }] : []),
    { name: 'out', type: `vec4<${options.out}>`, access: 'write' },
    ...(pair ? [{ name: 'b2', type: `vec4<${b}>` }] : []),
    ...(pair && options.bias ? [{ name: 'bias2', type: 'vec4<f32>' }] : []),
    ...(pair ? [{ name: 'out2', type: `vec4<${options.out}>`, access: 'write' as const }] : []),
  ]

  const loadA =
    source !== 'matrix'
      ? windowsText(source, a)
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
    params: [...gemmParams, ...(tokens === 'none' ? [] : ['tokens', 'before'])],
    workgroup: loop.workgroup,
    enable: loop.enable ?? [],
    before: `${loop.before}
${activationText(options.activation)}
${loadA}
${loadB('b', 'params.columns4')}
${pair ? loadB('b2', 'params.columns4b') : ''}
${finish}`,
    body: `  let row0 = ${spreadIndex('y', 'z')} * ${tile.rows}u;
${
  pair
    ? `  let second = group.x >= params.tiles;
  let column0 = select(group.x, group.x - params.tiles, second) * ${columns4}u;`
    : `  let column0 = group.x * ${columns4}u;`
}
${loop.body}`,
  })
}

/** Type, operation, tile, then options: `f16_gemm_64x64x16_bias_gelu_erf`. */
function gemmName(options: GemmOptions): string {
  const { tile, a, b, out, source, pair, tokens } = options
  const types = [...new Set([a, b, out])].join('')
  const extra = [
    pair && '_pair',
    source !== 'matrix' && windowsName(source),
    tokens !== 'none' && `_${tokens}`,
  ]
  return `${types}_gemm_${tileName(tile)}${epilogueName(options)}${extra.filter(Boolean).join('')}`
}

function finishText(options: GemmOptions): string {
  const { tokens } = options
  if (tokens === 'none') return `  ${store(options, 'product', 'place', 'column')}`
  const prefix = `select(${options.bias ? 'product + bias[column]' : 'product'}, prefix[min(token, params.before - 1) * params.columns4 + column], token < params.before)`
  const value = tokens === 'prefix' ? prefix : options.bias ? 'product + bias[column]' : 'product'
  return `  let token = row % params.tokens;
  out[place] = ${value} + position[token * params.columns4 + column];`
}
