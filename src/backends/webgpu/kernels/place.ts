import { index, type Kernel, kernel, type Storage } from './kernel.ts'

export const PLACE_THREADS = 64

/**
 * Writes values of a weight, in the order they are read from a file, to their positions: the GPU transposes,
 * pads and rounds. See `Region`.
 */
export function place(out: Storage): Kernel {
  return kernel({
    name: `${out}_place`,
    bindings: [
      { name: 'values', type: 'f32' },
      { name: 'out', type: out, access: 'write' },
    ],
    params: ['count', 'start', 'line', 'row', 'column', 'row_step', 'column_step'],
    workgroup: [PLACE_THREADS],
    body: `  let i = ${index} * ${PLACE_THREADS}u + thread;
  if (i >= params.count) { return; }
  let major = (params.start + i) / params.line;
  let minor = (params.start + i) % params.line;
  let value = ${out === 'f16' ? 'f16(clamp(values[i], -65504.0, 65504.0))' : 'values[i]'};
  out[params.row + params.column + major * params.row_step + minor * params.column_step] = value;`,
  })
}
