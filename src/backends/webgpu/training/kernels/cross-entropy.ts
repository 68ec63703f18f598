import { index, type Kernel, kernel } from '../../kernels/kernel.ts'
import { reduceText, self } from '../../kernels/reduce.ts'

const THREADS = 64

/** One workgroup per image; see `CrossEntropy`. The loss is the first value of a vector. */
export function crossEntropy(subgroups: boolean): Kernel {
  const reduced = (name: string, part: string) => `${name}(${self(subgroups)}, ${part})`
  return kernel({
    name: `f32_cross_entropy_${THREADS}${subgroups ? '_subgroups' : ''}`,
    enable: subgroups ? ['subgroups'] : [],
    bindings: [
      { name: 'logits', type: 'f32' },
      { name: 'targets', type: 'f32' },
      { name: 'loss', type: 'vec4<f32>', access: 'write' },
      { name: 'out', type: 'f32', access: 'write' },
    ],
    params: ['rows', 'columns', 'stride', 'weight'],
    workgroup: [THREADS],
    before: reduceText(['total', 'highest'], THREADS, subgroups),
    body: `  let row = ${index};
  if (row >= params.rows) { return; }
  let first = row * params.stride;
  var top = -3.4e38;
  for (var i = thread; i < params.columns; i += ${THREADS}u) { top = max(top, logits[first + i]); }
  top = ${reduced('highest', 'top')};
  var part = 0.0;
  for (var i = thread; i < params.columns; i += ${THREADS}u) { part += exp(logits[first + i] - top); }
  let sum = ${reduced('total', 'part')};
  let log_sum = log(sum);
  var wanted = 0.0;
  var cost = 0.0;
  for (var i = thread; i < params.columns; i += ${THREADS}u) {
    wanted += targets[first + i];
    cost += targets[first + i] * (log_sum - (logits[first + i] - top));
  }
  let all = ${reduced('total', 'wanted')};
  cost = ${reduced('total', 'cost')};
  if (thread == 0) { loss[row] = vec4(cost, 0.0, 0.0, 0.0); }
  for (var i = thread; i < params.stride; i += ${THREADS}u) {
    let gradient = (exp(logits[first + i] - top) / sum * all - targets[first + i]) * bitcast<f32>(params.weight);
    out[first + i] = select(0.0, gradient, i < params.columns);
  }`,
  })
}
