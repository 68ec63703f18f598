import { index, type Kernel, kernel, type Storage, toStorage } from './kernel.ts'
import { reduceText, self } from './reduce.ts'

const THREADS = 64

/** In kernels' names. */
export const normNames = { layer_norm: 'layernorm', rms_norm: 'rmsnorm' } as const

export type NormKind = keyof typeof normNames

/**
 * A layer norm, or an RMS norm: the same without mean and bias. One workgroup per row. The variance is computed from
 * centred values in a second pass, so nothing cancels. Padding columns are ignored and written as zero.
 */
export function norm(kind: NormKind, out: Storage, subgroups: boolean): Kernel {
  const centres = kind === 'layer_norm'
  const total = (part: string) => `total(${self(subgroups)}, ${part}) / f32(params.columns)`
  return kernel({
    name: `f32${out === 'f16' ? 'f16' : ''}_${normNames[kind]}_${THREADS}${subgroups ? '_subgroups' : ''}`,
    enable: subgroups ? ['subgroups'] : [],
    bindings: [
      { name: 'x', type: 'vec4<f32>' },
      { name: 'scale', type: 'vec4<f32>' },
      ...(centres ? [{ name: 'bias', type: 'vec4<f32>' }] : []),
      { name: 'out', type: `vec4<${out}>`, access: 'write' },
    ],
    params: ['rows', 'columns', 'columns4', 'eps'],
    workgroup: [THREADS],
    before: `
${reduceText(['total'], THREADS, subgroups)}

fn centred(at: u32, column: u32, mean: f32) -> vec4<f32> {
  let first = 4 * column;
  let inside = vec4(first, first + 1, first + 2, first + 3) < vec4(params.columns);
  return select(vec4<f32>(), x[at] - mean, inside);
}`,
    body: `  let row = ${index};
  if (row >= params.rows) { return; }
  let first = row * params.columns4;
${
  centres
    ? `  var sum = 0.0;
  for (var i = thread; i < params.columns4; i += ${THREADS}u) {
    sum += dot(x[first + i], vec4(1.0));
  }
  let mean = ${total('sum')};`
    : '  let mean = 0.0;'
}
  var squares = 0.0;
  for (var i = thread; i < params.columns4; i += ${THREADS}u) {
    let value = centred(first + i, i, mean);
    squares += dot(value, value);
  }
  let variance = ${total('squares')};
  let factor = inverseSqrt(variance + bitcast<f32>(params.eps));
  for (var i = thread; i < params.columns4; i += ${THREADS}u) {
    let value = centred(first + i, i, mean) * factor * scale[i]${centres ? ' + bias[i]' : ''};
    out[first + i] = ${toStorage(out, 'value')};
  }`,
  })
}
