import type { Glu } from '../../../program/ops/glu.ts'
import { activationText } from './epilogue.ts'
import { index, type Kernel, kernel, type Storage, toStorage } from './kernel.ts'

/** Threads per workgroup; each computes one vector. */
export const GLU_THREADS = 64

export interface GluOptions {
  readonly activation: Glu['activation']
  readonly input: Storage
  readonly out: Storage
  /** Whether halves are whole vectors, so that the right one is read by vectors too. */
  readonly whole: boolean
}

/**
 * `activate(left) * right` of the halves of each row, `stride` elements long. Where the right half does not begin at a
 * vector, single values are read, and the output's padding columns are set to 0.
 */
export function glu({ activation, input, out, whole }: GluOptions): Kernel {
  const value = whole
    ? `  let left = row * params.stride / 4 + column;
  let value = activate(vec4<f32>(x[left])) * vec4<f32>(x[left + params.columns / 4]);`
    : `  var gate = vec4<f32>();
  var right = vec4<f32>();
  for (var j = 0u; j < min(4u, params.columns - 4 * column); j++) {
    let left = row * params.stride + 4 * column + j;
    gate[j] = f32(x[left]);
    right[j] = f32(x[left + params.columns]);
  }
  let value = activate(gate) * right;`
  return kernel({
    name: `${[...new Set([input, out])].join('')}_glu_${activation}${whole ? '' : '_parts'}`,
    bindings: [
      { name: 'x', type: whole ? `vec4<${input}>` : input },
      { name: 'out', type: `vec4<${out}>`, access: 'write' },
    ],
    params: ['rows', 'columns', 'columns4', 'stride'],
    workgroup: [GLU_THREADS],
    before: activationText(activation),
    body: `  let i = ${index} * ${GLU_THREADS}u + thread;
  let row = i / params.columns4;
  let column = i % params.columns4;
  if (row >= params.rows) { return; }
${value}
  out[i] = ${toStorage(out, 'value')};`,
  })
}
