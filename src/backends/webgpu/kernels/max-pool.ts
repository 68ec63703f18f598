import { positionsIn, type Window } from '../../../program/ops/window.ts'
import { index, type Kernel, kernel, type Storage, toStorage } from './kernel.ts'

/** Threads per workgroup; each computes one vector. */
export const POOL_THREADS = 64

/**
 * The largest value of each column in every window. Every window has a position in the grid; it begins with the
 * first one, and skips those in padding. Padding columns stay zero.
 */
export function maxPool(window: Window, input: Storage, out: Storage): Kernel {
  const { grid, size, stride, before, outputs } = window
  // In signed numbers, since the first windows begin before the grid.
  const first = (axis: 0 | 1, output: string) =>
    `i32(${output}) * ${stride[axis]} - ${before[axis]}`
  const end = (axis: 0 | 1, from: string) => `u32(min(${from} + ${size[axis]}, ${grid[axis]}))`
  return kernel({
    name: `${[...new Set([input, out])].join('')}_max_pool_${size.join('x')}`,
    bindings: [
      { name: 'x', type: `vec4<${input}>` },
      { name: 'out', type: `vec4<${out}>`, access: 'write' },
    ],
    params: ['rows', 'columns4'],
    workgroup: [POOL_THREADS],
    body: `  let i = ${index} * ${POOL_THREADS}u + thread;
  let row = i / params.columns4;
  let column = i % params.columns4;
  if (row >= params.rows) { return; }
  let image = row / ${positionsIn(outputs)}u * ${positionsIn(grid)}u;
  let output = row % ${positionsIn(outputs)}u;
  let down = ${first(0, `output / ${outputs[1]}u`)};
  let across = ${first(1, `output % ${outputs[1]}u`)};
  let top = u32(max(down, 0));
  let left = u32(max(across, 0));
  var value = vec4<f32>(x[(image + top * ${grid[1]}u + left) * params.columns4 + column]);
  for (var y = top; y < ${end(0, 'down')}; y++) {
    for (var x0 = left; x0 < ${end(1, 'across')}; x0++) {
      value = max(value, vec4<f32>(x[(image + y * ${grid[1]}u + x0) * params.columns4 + column]));
    }
  }
  out[i] = ${toStorage(out, 'value')};`,
  })
}
