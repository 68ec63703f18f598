import { index, type Kernel, kernel } from '../../kernels/kernel.ts'
import { reduceText, self } from '../../kernels/reduce.ts'

const THREADS = 64

/**
 * One workgroup per row: its mean and the factor that normalises it, as `(mean, factor, 0, 0)`, and the gradient of the
 * input; see `LayerNormBackward`. Padding columns are zero.
 * @param gradient whether the gradient of the input is wanted
 */
export function layerNormBackward(gradient: boolean, subgroups: boolean): Kernel {
  const total = (part: string) => `total(${self(subgroups)}, ${part})`
  return kernel({
    name: `f32_layernorm_${gradient ? 'backward' : 'moments'}_${THREADS}${subgroups ? '_subgroups' : ''}`,
    enable: subgroups ? ['subgroups'] : [],
    bindings: [
      { name: 'x', type: 'vec4<f32>' },
      ...(gradient
        ? [
            { name: 'dy', type: 'vec4<f32>' },
            { name: 'scale', type: 'vec4<f32>' },
          ]
        : []),
      { name: 'moments', type: 'vec4<f32>', access: 'write' },
      ...(gradient ? [{ name: 'out', type: 'vec4<f32>', access: 'write' as const }] : []),
    ],
    params: ['rows', 'columns', 'columns4', 'eps'],
    workgroup: [THREADS],
    before: `
${reduceText(['total'], THREADS, subgroups)}

fn inside(column: u32, value: vec4<f32>) -> vec4<f32> {
  let first = 4 * column;
  return select(vec4<f32>(), value, vec4(first, first + 1, first + 2, first + 3) < vec4(params.columns));
}`,
    body: `  let row = ${index};
  if (row >= params.rows) { return; }
  let first = row * params.columns4;
  let count = f32(params.columns);
  var sum = 0.0;
  for (var i = thread; i < params.columns4; i += ${THREADS}u) {
    sum += dot(x[first + i], vec4(1.0));
  }
  let mean = ${total('sum')} / count;
  var squares = 0.0;
  for (var i = thread; i < params.columns4; i += ${THREADS}u) {
    let value = inside(i, x[first + i] - mean);
    squares += dot(value, value);
  }
  let variance = ${total('squares')} / count;
  let factor = inverseSqrt(variance + bitcast<f32>(params.eps));
  if (thread == 0) { moments[row] = vec4(mean, factor, 0.0, 0.0); }
${
  gradient
    ? `  var sums = vec2<f32>();
  for (var i = thread; i < params.columns4; i += ${THREADS}u) {
    let t = dy[first + i] * scale[i];
    sums += vec2(dot(t, vec4(1.0)), dot(t, x[first + i] - mean) * factor);
  }
  let mean_t = ${total('sums.x')} / count;
  let mean_tn = ${total('sums.y')} / count;
  for (var i = thread; i < params.columns4; i += ${THREADS}u) {
    let normal = (x[first + i] - mean) * factor;
    out[first + i] = inside(i, (dy[first + i] * scale[i] - mean_t - normal * mean_tn) * factor);
  }`
    : ''
}`,
  })
}
