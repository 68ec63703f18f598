import type { Glu } from '../../../../program/ops/glu.ts'
import { activationText } from '../../kernels/epilogue.ts'
import { GLU_THREADS } from '../../kernels/glu.ts'
import { index, type Kernel, kernel } from '../../kernels/kernel.ts'
import { slopeText } from './pointwise.ts'

/**
 * The gradients of both halves; see `GluBackward`. Each thread computes one vector where halves are whole vectors, else
 * one value; all parameters count those. Padding is set to 0.
 * @param whole whether halves are whole vectors
 */
export function gluBackward(activation: Glu['activation'], whole: boolean): Kernel {
  const type = whole ? 'vec4<f32>' : 'f32'
  const of = (name: string) => (whole ? `${name}(left)` : `${name}(vec4(left)).x`)
  return kernel({
    name: `f32_glu_backward_${activation}${whole ? '' : '_parts'}`,
    bindings: [
      { name: 'x', type },
      { name: 'dy', type },
      { name: 'out', type, access: 'write' },
    ],
    params: ['rows', 'columns', 'stride', 'dy_stride'],
    workgroup: [GLU_THREADS],
    before: `${activationText(activation)}
${slopeText(activation)}`,
    body: `  let i = ${index} * ${GLU_THREADS}u + thread;
  let row = i / params.stride;
  let place = i % params.stride;
  if (row >= params.rows) { return; }
  let is_right = place >= params.columns;
  let column = select(place, place - params.columns, is_right);
  var value = ${type}();
  if (column < params.columns) {
    let left = x[row * params.stride + column];
    let gradient = dy[row * params.dy_stride + column];
    if (is_right) {
      value = gradient * ${of('activate')};
    } else {
      value = gradient * x[i + params.columns] * ${of('slope')};
    }
  }
  out[i] = value;`,
  })
}
