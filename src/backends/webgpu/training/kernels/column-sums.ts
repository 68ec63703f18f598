import { type Kernel, kernel } from '../../kernels/kernel.ts'

/** A workgroup sums 8 column vectors. 32 threads share each, every one with each 32nd row. */
const LANES = 8
const SLICES = 32

/** Column vectors per workgroup. */
export const SUM_VECTORS = LANES

/**
 * The sums of the columns of `x`, in an order that does not change from run to run.
 * @param normal whether each value is multiplied by that of the normalised rows of `input`, whose mean and factor are in
 *   `moments`
 */
export function columnSums(normal: boolean, adds: boolean): Kernel {
  const threads = LANES * SLICES
  const value = normal ? 'x[i] * (input[i] - moments[row].x) * moments[row].y' : 'x[i]'
  return kernel({
    name: `f32_column_sums${normal ? '_normal' : ''}${adds ? '_add' : ''}`,
    bindings: [
      { name: 'x', type: 'vec4<f32>' },
      ...(normal
        ? [
            { name: 'input', type: 'vec4<f32>' },
            { name: 'moments', type: 'vec4<f32>' },
          ]
        : []),
      { name: 'out', type: 'vec4<f32>', access: 'write' },
    ],
    params: ['rows', 'columns4'],
    workgroup: [threads],
    before: `
var<workgroup> parts: array<vec4<f32>, ${threads}>;`,
    body: `  let column = group.x * ${LANES}u + thread % ${LANES}u;
  let slice = thread / ${LANES}u;
  var sum = vec4<f32>();
  if (column < params.columns4) {
    for (var row = slice; row < params.rows; row += ${SLICES}u) {
      let i = row * params.columns4 + column;
      sum += ${value};
    }
  }
  parts[thread] = sum;
  for (var half = ${SLICES / 2}u; half > 0; half /= 2) {
    workgroupBarrier();
    if (slice < half) { parts[thread] += parts[thread + half * ${LANES}u]; }
  }
  if (slice == 0 && column < params.columns4) {
    out[column] = ${adds ? 'out[column] + ' : ''}parts[thread];
  }`,
  })
}
