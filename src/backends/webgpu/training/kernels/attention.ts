import {
  type AttentionOptions,
  biasBindings,
  biasText,
  element,
  readText,
  scoresName,
  writeText,
} from '../../kernels/attention.ts'
import { type Kernel, kernel, vectors } from '../../kernels/kernel.ts'

/** Queries or keys per workgroup, one per thread. */
export const BACKWARD_ROWS = 64

/** Bytes of workgroup memory for the rows that all threads read. */
const TILE_BYTES = 12 << 10

export const attentionParams = ['queries', 'tokens', 'width', 'scale'] as const

/** What a gradient has to know of attention; its values are f32. */
export type BackwardOptions = Pick<AttentionOptions, 'headWidth' | 'causal' | 'bias'>

const rowsPerTile = (width4: number) =>
  Math.max(1, Math.min(16, Math.floor(TILE_BYTES / (2 * 16 * width4))))

/** WGSL that copies a tile of rows of two matrices, from row `first` on; what is beyond the last row is zero. */
const fillText = (rows: number, width4: number, count: string, one: string, other: string) => `
    workgroupBarrier();
    for (var i = thread; i < ${rows * width4}u; i += ${BACKWARD_ROWS}u) {
      let tile_row = first + i / ${width4}u;
      let d = i % ${width4}u;
      if (tile_row < ${count}) {
        ${one}
        ${other}
      } else {
        tile_one[i] = vec4<f32>();
        tile_other[i] = vec4<f32>();
      }
    }`

const tiles = (rows: number, width4: number) => `
var<workgroup> tile_one: array<vec4<f32>, ${rows * width4}>;
var<workgroup> tile_other: array<vec4<f32>, ${rows * width4}>;`

/**
 * The gradient of the queries, and for each query and head what the softmax is recomputed of: `(highest score,
 * 1 / sum, delta, 0)`, see `AttentionBackward`. A thread has a query, and looks at all keys twice: for the softmax, and
 * for the gradient.
 * @param gradient whether the gradient is wanted
 */
export function attentionBackwardQueries(options: BackwardOptions, gradient: boolean): Kernel {
  const { headWidth, causal, bias } = options
  const width4 = vectors(headWidth)
  const rows = rowsPerTile(width4)
  const type = element('f32', headWidth % 4 === 0)
  const fill = fillText(
    rows,
    width4,
    'params.tokens',
    `let key_row = group.z * params.tokens + tile_row;
        tile_one[i] = read_key_value(key_row, 2 * params.width, head, d);`,
    'tile_other[i] = read_key_value(key_row, 2 * params.width, head + heads, d);',
  )
  const score = `      var scores = vec4<f32>();
      for (var d = 0u; d < ${width4}u; d++) { scores += q[d] * tile_one[j * ${width4}u + d]; }
      let token = first + j;
      let product = dot(scores, vec4(1.0))${biasText(bias, 'query_row')};
      let score = ${causal ? 'select(LOWEST, product, token <= query_row)' : 'product'};`
  return kernel({
    name: `f32_attention_${gradient ? 'backward_queries' : 'moments'}_${rows}x${headWidth}${scoresName(options)}`,
    bindings: [
      { name: 'query', type },
      { name: 'key_value', type },
      ...biasBindings(bias),
      { name: 'output', type },
      { name: 'dy', type },
      { name: 'moments', type: 'vec4<f32>', access: 'write' },
      ...(gradient ? [{ name: 'out', type, access: 'write' as const }] : []),
    ],
    params: attentionParams,
    workgroup: [BACKWARD_ROWS],
    before: `
const LOWEST = -3.4e38;
${tiles(rows, width4)}
${['query', 'key_value', 'output', 'dy'].map((name) => readText(name, headWidth)).join('\n')}
${gradient ? writeText('out', headWidth, 'f32') : ''}`,
    body: `  let head = group.y;
  let heads = params.width / ${headWidth}u;
  let scale = bitcast<f32>(params.scale);
  let query_row = group.x * ${BACKWARD_ROWS}u + thread;
  let row = group.z * params.queries + min(query_row, params.queries - 1);
  var q: array<vec4<f32>, ${width4}>;
  var gradient: array<vec4<f32>, ${width4}>;
  var sums: array<vec4<f32>, ${width4}>;
  var products_of_output = vec4<f32>();
  for (var d = 0u; d < ${width4}u; d++) {
    q[d] = read_query(row, params.width, head, d) * scale;
    gradient[d] = read_dy(row, params.width, head, d);
    products_of_output += gradient[d] * read_output(row, params.width, head, d);
    sums[d] = vec4<f32>();
  }
  let delta = dot(products_of_output, vec4(1.0));
  var top = LOWEST;
  var weight_sum = 0.0;
  for (var first = 0u; first < params.tokens; first += ${rows}u) {${fill}
    workgroupBarrier();
    for (var j = 0u; j < min(${rows}u, params.tokens - first); j++) {
${score}
      let peak = max(top, score);
      weight_sum = weight_sum * exp(top - peak) + exp(score - peak);
      top = peak;
    }
  }
  let share = 1.0 / weight_sum;
${
  gradient
    ? `  for (var first = 0u; first < params.tokens; first += ${rows}u) {${fill}
    workgroupBarrier();
    for (var j = 0u; j < min(${rows}u, params.tokens - first); j++) {
${score}
      let weight = exp(score - top) * share;
      var products = vec4<f32>();
      for (var d = 0u; d < ${width4}u; d++) { products += gradient[d] * tile_other[j * ${width4}u + d]; }
      let factor = weight * (dot(products, vec4(1.0)) - delta) * scale;
      for (var d = 0u; d < ${width4}u; d++) { sums[d] += factor * tile_one[j * ${width4}u + d]; }
    }
  }`
    : ''
}
  if (query_row < params.queries) {
    moments[(group.z * heads + head) * params.queries + query_row] = vec4(top, share, delta, 0.0);
    ${gradient ? `for (var d = 0u; d < ${width4}u; d++) { write_out(row, params.width, head, d, sums[d]); }` : ''}
  }`,
  })
}

/**
 * The gradients of keys and values. A thread has a key and a value, and looks at all queries.
 */
export function attentionBackwardKeys(options: BackwardOptions): Kernel {
  const { headWidth, causal, bias } = options
  const width4 = vectors(headWidth)
  const rows = rowsPerTile(width4)
  const type = element('f32', headWidth % 4 === 0)
  const fill = fillText(
    rows,
    width4,
    'params.queries',
    `let row = group.z * params.queries + tile_row;
        tile_one[i] = read_query(row, params.width, head, d) * scale;`,
    'tile_other[i] = read_dy(row, params.width, head, d);',
  )
  return kernel({
    name: `f32_attention_backward_keys_${rows}x${headWidth}${scoresName(options)}`,
    bindings: [
      { name: 'query', type },
      { name: 'key_value', type },
      ...biasBindings(bias),
      { name: 'dy', type },
      { name: 'moments', type: 'vec4<f32>' },
      { name: 'out', type, access: 'write' },
    ],
    params: attentionParams,
    workgroup: [BACKWARD_ROWS],
    before: `
${tiles(rows, width4)}
${['query', 'key_value', 'dy'].map((name) => readText(name, headWidth)).join('\n')}
${writeText('out', headWidth, 'f32')}`,
    body: `  let head = group.y;
  let heads = params.width / ${headWidth}u;
  let scale = bitcast<f32>(params.scale);
  let token = group.x * ${BACKWARD_ROWS}u + thread;
  let key_row = group.z * params.tokens + min(token, params.tokens - 1);
  let first_moments = (group.z * heads + head) * params.queries;
  var key: array<vec4<f32>, ${width4}>;
  var value: array<vec4<f32>, ${width4}>;
  var key_sums: array<vec4<f32>, ${width4}>;
  var value_sums: array<vec4<f32>, ${width4}>;
  for (var d = 0u; d < ${width4}u; d++) {
    key[d] = read_key_value(key_row, 2 * params.width, head, d);
    value[d] = read_key_value(key_row, 2 * params.width, head + heads, d);
    key_sums[d] = vec4<f32>();
    value_sums[d] = vec4<f32>();
  }
  for (var first = 0u; first < params.queries; first += ${rows}u) {${fill}
    workgroupBarrier();
    for (var j = 0u; j < min(${rows}u, params.queries - first); j++) {
      let of_query = moments[first_moments + first + j];
      var scores = vec4<f32>();
      var products = vec4<f32>();
      for (var d = 0u; d < ${width4}u; d++) {
        scores += key[d] * tile_one[j * ${width4}u + d];
        products += value[d] * tile_other[j * ${width4}u + d];
      }
      let query_row = first + j;
      let score = dot(scores, vec4(1.0))${biasText(bias, 'query_row')};
      let ${causal ? 'seen' : 'weight'} = exp(score - of_query.x) * of_query.y;${causal ? '\n      let weight = select(0.0, seen, token <= query_row);' : ''}
      let factor = weight * (dot(products, vec4(1.0)) - of_query.z);
      for (var d = 0u; d < ${width4}u; d++) {
        // Queries have their factor already.
        key_sums[d] += factor * tile_one[j * ${width4}u + d];
        value_sums[d] += weight * tile_other[j * ${width4}u + d];
      }
    }
  }
  if (token < params.tokens) {
    for (var d = 0u; d < ${width4}u; d++) {
      write_out(key_row, 2 * params.width, head, d, key_sums[d]);
      write_out(key_row, 2 * params.width, head + heads, d, value_sums[d]);
    }
  }`,
  })
}
