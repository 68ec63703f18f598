import { type Kernel, kernel, type Storage, toStorage } from './kernel.ts'

/** Rows and columns of a tile. */
export const TRANSPOSE_TILE = 32

/** A thread reads one vector of the tile and writes one. */
const THREADS = (TRANSPOSE_TILE * TRANSPOSE_TILE) / 4

export interface TransposeOptions {
  readonly input: Storage
  readonly out: Storage
  readonly residual: boolean
}

/**
 * `out = x^T + residual` of every image. A workgroup turns one tile in its memory, so that both reads and writes are
 * of neighbouring vectors. Rows beyond the last are zero: they become the output's padding columns.
 */
export function transpose({ input, out, residual }: TransposeOptions): Kernel {
  const size = TRANSPOSE_TILE
  const across = size / 4
  const types = [...new Set([input, out])].join('')
  const turned = [0, 1, 2, 3].map((i) => `tile[(4 * major + ${i}) * ${size + 1}u + minor]`)
  return kernel({
    name: `${types}_transpose_${size}x${size}${residual ? '_residual' : ''}`,
    bindings: [
      { name: 'x', type: `vec4<${input}>` },
      ...(residual ? [{ name: 'residual', type: 'vec4<f32>' }] : []),
      { name: 'out', type: `vec4<${out}>`, access: 'write' },
    ],
    params: ['rows', 'columns', 'rows4', 'columns4'],
    workgroup: [THREADS],
    before: `
// Rows are one longer than needed, against bank conflicts.
var<workgroup> tile: array<f32, ${size * (size + 1)}>;`,
    body: `  let major = thread % ${across}u;
  let minor = thread / ${across}u;
  let row = group.y * ${size}u + minor;
  let column4 = group.x * ${across}u + major;
  var value = vec4<f32>();
  if (row < params.rows && column4 < params.columns4) {
    value = vec4<f32>(x[(group.z * params.rows + row) * params.columns4 + column4]);
  }
  for (var i = 0u; i < 4; i++) { tile[minor * ${size + 1}u + 4 * major + i] = value[i]; }
  workgroupBarrier();
  let out_row = group.x * ${size}u + minor;
  let out_column4 = group.y * ${across}u + major;
  if (out_row >= params.columns || out_column4 >= params.rows4) { return; }
  let place = (group.z * params.columns + out_row) * params.rows4 + out_column4;
  let turned = vec4(${turned.join(', ')});
  out[place] = ${toStorage(out, residual ? '(turned + residual[place])' : 'turned')};`,
  })
}
