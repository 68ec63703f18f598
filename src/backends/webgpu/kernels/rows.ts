import { index, type Kernel, kernel, type Storage, toStorage } from './kernel.ts'

/** Threads per workgroup; each computes one vector. */
export const ROW_THREADS = 64

const vector = `  let i = ${index} * ${ROW_THREADS}u + thread;
  let row = i / params.columns4;
  let column = i % params.columns4;
  if (row >= params.rows) { return; }
  let image = row / params.out_rows;`

/** Copies rows `first` to `first + out_rows` of every image, which has `in_rows`. */
export function rows(input: Storage, out: Storage): Kernel {
  return kernel({
    name: `${input}${out}_rows`,
    bindings: [
      { name: 'x', type: `vec4<${input}>` },
      { name: 'out', type: `vec4<${out}>`, access: 'write' },
    ],
    params: ['rows', 'columns4', 'in_rows', 'out_rows', 'first'],
    workgroup: [ROW_THREADS],
    body: `${vector}
  let source = image * params.in_rows + params.first + row % params.out_rows;
  let value = vec4<f32>(x[source * params.columns4 + column]);
  out[i] = ${toStorage(out, 'value')};`,
  })
}

/**
 * The mean of every image's rows from `first` on. `out_rows` is 1.
 * @param sized whether rows are weighted by their sizes
 */
export function meanRows(out: Storage, sized: boolean): Kernel {
  return kernel({
    name: `f32${out}_mean_rows${sized ? '_sizes' : ''}`,
    bindings: [
      { name: 'x', type: 'vec4<f32>' },
      ...(sized ? [{ name: 'sizes', type: 'f32' }] : []),
      { name: 'out', type: `vec4<${out}>`, access: 'write' },
    ],
    params: ['rows', 'columns4', 'in_rows', 'out_rows', 'first'],
    workgroup: [ROW_THREADS],
    body: `${vector}
  var sum = vec4<f32>();
  var count = 0.0;
  for (var j = params.first; j < params.in_rows; j++) {
    let size = ${sized ? 'sizes[4 * (image * params.in_rows + j)]' : '1.0'};
    sum += x[(image * params.in_rows + j) * params.columns4 + column] * size;
    count += size;
  }
  let value = sum / count;
  out[i] = ${toStorage(out, 'value')};`,
  })
}

/** Prefix tokens followed by an image's rows, `out_rows` in all, plus the position embedding. */
export function tokens(withPrefix: boolean): Kernel {
  return kernel({
    name: `f32_tokens${withPrefix ? '_prefix' : ''}`,
    bindings: [
      { name: 'x', type: 'vec4<f32>' },
      ...(withPrefix ? [{ name: 'prefix', type: 'vec4<f32>' }] : []),
      { name: 'position', type: 'vec4<f32>' },
      { name: 'out', type: 'vec4<f32>', access: 'write' },
    ],
    params: ['rows', 'columns4', 'in_rows', 'out_rows', 'first'],
    workgroup: [ROW_THREADS],
    body: `${vector}
  let token = row % params.out_rows;
  var value = position[token * params.columns4 + column];
  if (token >= params.first) {
    value += x[(image * params.in_rows + token - params.first) * params.columns4 + column];
  }${withPrefix ? ` else {\n    value += prefix[token * params.columns4 + column];\n  }` : ''}
  out[i] = value;`,
  })
}

/** For every token its row of the table, the row of its position, and the row of the segment. */
export function tokenEmbedding(withSegment: boolean): Kernel {
  return kernel({
    name: `f32_token_embedding${withSegment ? '_segment' : ''}`,
    bindings: [
      { name: 'ids', type: 'i32' },
      { name: 'table', type: 'vec4<f32>' },
      { name: 'position', type: 'vec4<f32>' },
      ...(withSegment ? [{ name: 'segment', type: 'vec4<f32>' }] : []),
      { name: 'out', type: 'vec4<f32>', access: 'write' },
    ],
    params: ['rows', 'columns4', 'ids_stride', 'out_rows'],
    workgroup: [ROW_THREADS],
    body: `${vector}
  let id = u32(ids[row * params.ids_stride]);
  let token = row - image * params.out_rows;
  out[i] = table[id * params.columns4 + column] + position[token * params.columns4 + column]${withSegment ? ' + segment[column]' : ''};`,
  })
}
