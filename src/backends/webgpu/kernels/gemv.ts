import { activationText, type Epilogue, epilogueBindings, epilogueName, store } from './epilogue.ts'
import { type Kernel, kernel, type Storage } from './kernel.ts'

/** A workgroup computes 8 column vectors of one row. 32 threads share each vector, one slice of k per thread. */
const LANES = 8
const SLICES = 32

/** Columns per workgroup. */
export const GEMV_COLUMNS = 4 * LANES

/**
 * The product of `gemm` for few rows, with the same bindings and parameters. Tiles would be nearly empty, and
 * speed depends on how many threads read the weights. Neighbouring threads read neighbouring columns, so
 * that reads coalesce. The slices of a column are therefore not in one subgroup, and are summed through
 * workgroup memory on every GPU.
 */
export function gemv(options: Epilogue & { readonly a: Storage; readonly b: Storage }): Kernel {
  const { a, b, out } = options
  const threads = LANES * SLICES
  return kernel({
    name: `${[...new Set([a, b, out])].join('')}_gemv_${GEMV_COLUMNS}${epilogueName(options)}`,
    bindings: [
      { name: 'a', type: `vec4<${a}>` },
      { name: 'b', type: `vec4<${b}>` },
      ...epilogueBindings(options),
      { name: 'out', type: `vec4<${out}>`, access: 'write' },
    ],
    params: ['rows', 'inner4', 'columns4'],
    workgroup: [threads],
    before: `
var<workgroup> parts: array<vec4<f32>, ${threads}>;
${activationText(options.activation)}`,
    body: `  let row = group.y;
  let column = group.x * ${LANES}u + thread % ${LANES}u;
  let slice = thread / ${LANES}u;
  let width = params.columns4;
  var sum = vec4<f32>();
  if (column < width) {
    for (var k = slice; k < params.inner4; k += ${SLICES}u) {
      let x = vec4<f32>(a[row * params.inner4 + k]);
      let first = 4 * k * width + column;
      sum += x.x * vec4<f32>(b[first]) + x.y * vec4<f32>(b[first + width])
        + x.z * vec4<f32>(b[first + 2 * width]) + x.w * vec4<f32>(b[first + 3 * width]);
    }
  }
  parts[thread] = sum;
  for (var half = ${SLICES / 2}u; half > 0; half /= 2) {
    workgroupBarrier();
    if (slice < half) { parts[thread] += parts[thread + half * ${LANES}u]; }
  }
  if (slice == 0 && column < width) {
    let place = row * width + column;
    ${store(options, 'parts[thread]', 'place', 'column')}
  }`,
  })
}
