import { index, type Kernel, kernel, type Storage } from './kernel.ts'
import { ROW_THREADS } from './rows.ts'

/** The largest f16; see `toStorage`. */
const clamped = 'vec2<f16>(clamp(value, vec2(-65504.0), vec2(65504.0)))'

/**
 * Rotates rows `first` and up of every image, in their first `width2` vectors of two; the rest is copied. Vectors of two,
 * since half a head may have any even number of values.
 */
export function rope(input: Storage, out: Storage, inverse: boolean): Kernel {
  return kernel({
    name: `${[...new Set([input, out])].join('')}_rope${inverse ? '_inverse' : ''}`,
    bindings: [
      { name: 'x', type: `vec2<${input}>` },
      { name: 'angles', type: 'vec2<f32>' },
      { name: 'out', type: `vec2<${out}>`, access: 'write' },
    ],
    params: ['rows', 'columns2', 'rows_each', 'first', 'width2', 'head2'],
    workgroup: [ROW_THREADS],
    body: `  let i = ${index} * ${ROW_THREADS}u + thread;
  let row = i / params.columns2;
  let column = i % params.columns2;
  if (row >= params.rows) { return; }
  let token = row % params.rows_each;
  var value = vec2<f32>(x[i]);
  if (token >= params.first && column < params.width2) {
    let half2 = params.head2 / 2;
    let place = column % params.head2;
    let is_left = place < half2;
    let angle = (token - params.first) * params.head2 + place % half2;
    let sine = ${inverse ? '-' : ''}angles[angle];
    let other = vec2<f32>(x[select(i - half2, i + half2, is_left)]);
    value = value * angles[angle + half2] + other * select(sine, -sine, is_left);
  }
  out[i] = ${out === 'f32' ? 'value' : clamped};`,
  })
}
