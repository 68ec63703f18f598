import { index, type Kernel, kernel } from '../../kernels/kernel.ts'
import { type NormKind, normNames } from '../../kernels/norm.ts'
import { reduceText, self } from '../../kernels/reduce.ts'

const THREADS = 64

/**
 * One workgroup per row of a layer norm or an RMS norm, whose mean counts as 0: its mean and the factor that normalises
 * it, as `(mean, factor, 0, 0)`, and the gradient of the input; see `LayerNormBackward` and `RmsNormBackward`. Padding
 * columns are zero.
 * @param gradient whether the gradient of the input is wanted
 */
export function normBackward(kind: NormKind, gradient: boolean, subgroups: boolean): Kernel {
  const centres = kind === 'layer_norm'
  const total = (part: string) => `total(${self(subgroups)}, ${part})`
  return kernel({
    name: `f32_${normNames[kind]}_${gradient ? 'backward' : 'moments'}_${THREADS}${subgroups ? '_subgroups' : ''}`,
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
${
  centres
    ? `  var sum = 0.0;
  for (var i = thread; i < params.columns4; i += ${THREADS}u) {
    sum += dot(x[first + i], vec4(1.0));
  }
  let mean = ${total('sum')} / count;`
    : '  let mean = 0.0;'
}
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
  let mean_t = ${centres ? `${total('sums.x')} / count` : '0.0'};
  let mean_tn = ${total('sums.y')} / count;
  for (var i = thread; i < params.columns4; i += ${THREADS}u) {
    let normal = (x[first + i] - mean) * factor;
    out[first + i] = inside(i, (dy[first + i] * scale[i] - mean_t - normal * mean_tn) * factor);
  }`
    : ''
}`,
  })
}
