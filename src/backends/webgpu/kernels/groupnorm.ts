import { index, type Kernel, kernel, type Storage, toStorage } from './kernel.ts'
import { reduceText, self } from './reduce.ts'

// A group norm is three kernels, each of which reads neighbouring vectors at once: a group is only a few columns
// wide, and all rows long.

/** Rows of a chunk. */
export const CHUNK_ROWS = 16

const THREADS = 64
export const GROUP_NORM_THREADS = THREADS

/**
 * For each chunk of rows and each column, the mean and the sum of squared differences from it, as two rows. Sums
 * begin at the first value, so that nothing cancels where all values are nearly the same.
 */
export function groupNormChunks(): Kernel {
  return kernel({
    name: `f32_group_norm_chunks_${CHUNK_ROWS}`,
    bindings: [
      { name: 'x', type: 'vec4<f32>' },
      { name: 'chunks', type: 'vec4<f32>', access: 'write' },
    ],
    params: ['images', 'columns4', 'rows', 'chunks_each'],
    workgroup: [THREADS],
    body: `  let i = ${index} * ${THREADS}u + thread;
  let column = i % params.columns4;
  let chunk = i / params.columns4;
  if (chunk >= params.images * params.chunks_each) { return; }
  let start = chunk % params.chunks_each * ${CHUNK_ROWS}u;
  let count = min(${CHUNK_ROWS}u, params.rows - start);
  let first = (chunk / params.chunks_each * params.rows + start) * params.columns4 + column;
  let shift = x[first];
  var sum = vec4<f32>();
  for (var row = 1u; row < count; row++) { sum += x[first + row * params.columns4] - shift; }
  let mean = shift + sum / f32(count);
  var squares = vec4<f32>();
  for (var row = 0u; row < count; row++) {
    let centred = x[first + row * params.columns4] - mean;
    squares += centred * centred;
  }
  chunks[2 * chunk * params.columns4 + column] = mean;
  chunks[(2 * chunk + 1) * params.columns4 + column] = squares;`,
  })
}

/**
 * For each image and column, the mean of its group and what the centred values are multiplied by, as two rows. A
 * workgroup combines the chunks of one group (Chan et al. 1979).
 */
export function groupNormGroups(subgroups: boolean): Kernel {
  return kernel({
    name: `f32_group_norm_groups_${THREADS}${subgroups ? '_subgroups' : ''}`,
    enable: subgroups ? ['subgroups'] : [],
    bindings: [
      { name: 'chunks', type: 'f32' },
      { name: 'scale', type: 'f32' },
      { name: 'groups', type: 'f32', access: 'write' },
    ],
    params: ['images', 'columns', 'stride', 'rows', 'chunks_each', 'groups_each', 'eps'],
    workgroup: [THREADS],
    before: reduceText(['total'], THREADS, subgroups),
    body: `  let image = ${index} / params.groups_each;
  if (image >= params.images) { return; }
  let width = params.columns / params.groups_each;
  let group_index = ${index} % params.groups_each;
  let first = group_index * width;
  let start = 2 * image * params.chunks_each * params.stride + first;
  let count = f32(params.rows * width);
  let shift = chunks[start];
  var sum = 0.0;
  for (var i = thread; i < params.chunks_each * width; i += ${THREADS}u) {
    let chunk = i / width;
    let size = f32(min(${CHUNK_ROWS}u, params.rows - chunk * ${CHUNK_ROWS}u));
    sum += size * (chunks[start + 2 * chunk * params.stride + i % width] - shift);
  }
  let mean = shift + total(${self(subgroups)}, sum) / count;
  var squares = 0.0;
  for (var i = thread; i < params.chunks_each * width; i += ${THREADS}u) {
    let chunk = i / width;
    let size = f32(min(${CHUNK_ROWS}u, params.rows - chunk * ${CHUNK_ROWS}u));
    let place = start + 2 * chunk * params.stride + i % width;
    let difference = chunks[place] - mean;
    squares += chunks[place + params.stride] + size * difference * difference;
  }
  let variance = total(${self(subgroups)}, squares) / count;
  let factor = inverseSqrt(variance + bitcast<f32>(params.eps));
  let out = 2 * image * params.stride;
  for (var column = first + thread; column < first + width; column += ${THREADS}u) {
    groups[out + column] = mean;
    groups[out + params.stride + column] = factor * scale[column];
  }
  // Padding columns become zero, whatever this memory held.
  if (group_index == params.groups_each - 1) {
    for (var column = params.columns + thread; column < params.stride; column += ${THREADS}u) {
      groups[out + column] = 0;
      groups[out + params.stride + column] = 0;
    }
  }`,
  })
}

export interface GroupNormOptions {
  readonly residual: boolean
  readonly activation: 'none' | 'relu'
  readonly out: Storage
}

/** `activation((x - mean) * factor + bias + residual)` */
export function groupNormApply({ residual, activation, out }: GroupNormOptions): Kernel {
  const sum = `(x[i] - groups[place]) * groups[place + params.columns4] + bias[column]${residual ? ' + residual[i]' : ''}`
  const value = activation === 'relu' ? `max(${sum}, vec4<f32>())` : `(${sum})`
  const extra = [residual && '_residual', activation !== 'none' && `_${activation}`]
  return kernel({
    name: `f32${out === 'f16' ? 'f16' : ''}_group_norm_apply${extra.filter(Boolean).join('')}`,
    bindings: [
      { name: 'x', type: 'vec4<f32>' },
      { name: 'groups', type: 'vec4<f32>' },
      { name: 'bias', type: 'vec4<f32>' },
      ...(residual ? [{ name: 'residual', type: 'vec4<f32>' }] : []),
      { name: 'out', type: `vec4<${out}>`, access: 'write' },
    ],
    params: ['images', 'columns4', 'rows'],
    workgroup: [THREADS],
    body: `  let i = ${index} * ${THREADS}u + thread;
  let row = i / params.columns4;
  let column = i % params.columns4;
  if (row >= params.images * params.rows) { return; }
  let place = 2 * (row / params.rows) * params.columns4 + column;
  out[i] = ${toStorage(out, value)};`,
  })
}
