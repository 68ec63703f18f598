import { type Kernel, kernel, type Storage, toStorage, vectors } from './kernel.ts'
import { reduceText, self } from './reduce.ts'

/** Queries per workgroup, one per thread. */
export const ATTENTION_QUERIES = 64

/** Bytes of workgroup memory for a tile of keys and one of values. */
const TILE_BYTES = 16 << 10

export interface AttentionOptions {
  readonly headWidth: number
  readonly input: Storage
  readonly out: Storage
  readonly causal: boolean
  readonly bias: boolean
}

const params = ['queries', 'tokens', 'width', 'scale'] as const

/**
 * Attention of all heads without the matrix of tokens by tokens (FlashAttention, Dao et al. 2022): each
 * thread keeps a query and its output in registers and loops over tiles of keys with a running
 * maximum and sum. Queries are scaled before the products; everything is f32. No sum crosses threads, so
 * subgroups would not help.
 */
export function attention(options: AttentionOptions): Kernel {
  const { headWidth, input, out, causal, bias } = options
  const width4 = vectors(headWidth)
  const keys = Math.max(1, Math.min(16, Math.floor(TILE_BYTES / (2 * 16 * width4))))
  const types = [...new Set([input, out])].join('')
  const isWhole = headWidth % 4 === 0
  return kernel({
    name: `${types}_attention_${ATTENTION_QUERIES}x${keys}x${headWidth}${scoresName(options)}`,
    bindings: [
      { name: 'query', type: element(input, isWhole) },
      { name: 'key_value', type: element(input, isWhole) },
      ...biasBindings(bias),
      { name: 'out', type: element(out, isWhole), access: 'write' },
    ],
    params,
    workgroup: [ATTENTION_QUERIES],
    before: `
const LOWEST = -3.4e38;
var<workgroup> keys: array<vec4<f32>, ${keys * width4}>;
var<workgroup> values: array<vec4<f32>, ${keys * width4}>;
${readText('query', headWidth)}
${readText('key_value', headWidth)}
${writeText('out', headWidth, out)}`,
    body: `  let head = group.y;
  let query_row = group.x * ${ATTENTION_QUERIES}u + thread;
  let row = group.z * params.queries + min(query_row, params.queries - 1);
  var q: array<vec4<f32>, ${width4}>;
  var sums: array<vec4<f32>, ${width4}>;
  for (var d = 0u; d < ${width4}u; d++) {
    q[d] = read_query(row, params.width, head, d) * bitcast<f32>(params.scale);
    sums[d] = vec4<f32>();
  }
  let end = ${causal ? `min(params.tokens, (group.x + 1) * ${ATTENTION_QUERIES}u)` : 'params.tokens'};
  var top = LOWEST;
  var weight_sum = 0.0;
  for (var first = 0u; first < end; first += ${keys}u) {
    workgroupBarrier();
    for (var i = thread; i < ${keys * width4}u; i += ${ATTENTION_QUERIES}u) {
      let token = first + i / ${width4}u;
      let d = i % ${width4}u;
      if (token < params.tokens) {
        let key_row = group.z * params.tokens + token;
        keys[i] = read_key_value(key_row, 2 * params.width, head, d);
        values[i] = read_key_value(key_row, 2 * params.width, head + params.width / ${headWidth}u, d);
      } else {
        keys[i] = vec4<f32>();
        values[i] = vec4<f32>();
      }
    }
    workgroupBarrier();
    var scores: array<f32, ${keys}>;
    var peak = top;
    for (var j = 0u; j < ${keys}u; j++) {
      var products = vec4<f32>();
      for (var d = 0u; d < ${width4}u; d++) {
        products += q[d] * keys[j * ${width4}u + d];
      }
      let token = first + j;
      let score = dot(products, vec4(1.0))${biasText(bias, 'query_row')};
      scores[j] = select(LOWEST, score, ${causal ? 'token <= query_row && ' : ''}token < params.tokens);
      peak = max(peak, scores[j]);
    }
    let shrink = exp(top - peak);
    weight_sum *= shrink;
    for (var d = 0u; d < ${width4}u; d++) { sums[d] *= shrink; }
    for (var j = 0u; j < ${keys}u; j++) {
      let weight = exp(scores[j] - peak);
      weight_sum += weight;
      for (var d = 0u; d < ${width4}u; d++) {
        sums[d] += weight * values[j * ${width4}u + d];
      }
    }
    top = peak;
  }
  if (query_row < params.queries) {
    for (var d = 0u; d < ${width4}u; d++) { write_out(row, params.width, head, d, sums[d] / weight_sum); }
  }`,
  })
}

/** Part of a kernel's name: what is done to its scores. */
export const scoresName = ({ causal, bias }: Pick<AttentionOptions, 'causal' | 'bias'>) =>
  `${causal ? '_causal' : ''}${bias ? '_bias' : ''}`

/** The bias `[heads * keys, queries]`, whose rows are padded to vectors. */
export const biasBindings = (bias: boolean) => (bias ? [{ name: 'bias', type: 'f32' }] : [])

/** WGSL that adds the bias of `token` and a query to a score of `head`. */
export const biasText = (bias: boolean, query: string) =>
  bias ? ` + bias[(head * params.tokens + token) * ((params.queries + 3) / 4 * 4) + ${query}]` : ''

/** The elements of a buffer of queries, or of keys and values. */
export const element = (storage: Storage, isWhole: boolean) =>
  isWhole ? `vec4<${storage}>` : storage

/** `read_NAME`: vector `d` of a head; value by value if the head width is not a multiple of 4. */
export function readText(name: string, headWidth: number): string {
  const head = `fn read_${name}(row: u32, columns: u32, head: u32, d: u32) -> vec4<f32> {`
  if (headWidth % 4 === 0) {
    return `${head}
  return vec4<f32>(${name}[row * (columns / 4) + head * ${headWidth / 4}u + d]);
}`
  }
  return `${head}
  let first = row * ((columns + 3) / 4 * 4) + head * ${headWidth}u;
  var vector = vec4<f32>();
  for (var i = 0u; i < min(4, ${headWidth}u - 4 * d); i++) {
    vector[i] = f32(${name}[first + 4 * d + i]);
  }
  return vector;
}`
}

/** `write_NAME`, the same for writing. */
export function writeText(name: string, headWidth: number, out: Storage): string {
  const head = `fn write_${name}(row: u32, columns: u32, head: u32, d: u32, value: vec4<f32>) {`
  if (headWidth % 4 === 0) {
    return `${head}
  ${name}[row * (columns / 4) + head * ${headWidth / 4}u + d] = ${toStorage(out, 'value')};
}`
  }
  return `${head}
  let stride = (columns + 3) / 4 * 4;
  let first = row * stride;
  for (var i = 0u; i < min(4, ${headWidth}u - 4 * d); i++) {
    ${name}[first + head * ${headWidth}u + 4 * d + i] = ${out}(value[i]);
  }
  // The padding columns are zero.
  if (head == 0 && d == 0) {
    for (var i = columns; i < stride; i++) { ${name}[first + i] = 0; }
  }
}`
}

const MAP_THREADS = 64

/**
 * The softmax weights as an output, `[heads * queries, tokens]` for each image. A workgroup computes one
 * row.
 */
export function attentionMap(options: Omit<AttentionOptions, 'out'>, subgroups: boolean): Kernel {
  const { headWidth, input, causal, bias } = options
  const width4 = vectors(headWidth)
  return kernel({
    name: `${input}_attention_map_${headWidth}${scoresName(options)}${subgroups ? '_subgroups' : ''}`,
    enable: subgroups ? ['subgroups'] : [],
    bindings: [
      { name: 'query', type: element(input, headWidth % 4 === 0) },
      { name: 'key_value', type: element(input, headWidth % 4 === 0) },
      ...biasBindings(bias),
      { name: 'out', type: 'f32', access: 'write' },
    ],
    params,
    workgroup: [MAP_THREADS],
    before: `
${reduceText(['total', 'highest'], MAP_THREADS, subgroups)}
${readText('query', headWidth)}
${readText('key_value', headWidth)}`,
    body: `  let head = group.y;
  let row = group.z * params.queries + group.x;
  let heads = params.width / ${headWidth}u;
  let stride = (params.tokens + 3) / 4 * 4;
  let first = ((group.z * heads + head) * params.queries + group.x) * stride;
  var top = -3.4e38;
  for (var token = thread; token < params.tokens; token += ${MAP_THREADS}u) {
    var products = vec4<f32>();
    for (var d = 0u; d < ${width4}u; d++) {
      let q = read_query(row, params.width, head, d) * bitcast<f32>(params.scale);
      products += q * read_key_value(group.z * params.tokens + token, 2 * params.width, head, d);
    }
    ${causal ? 'var' : 'let'} score = dot(products, vec4(1.0))${biasText(bias, 'group.x')};${causal ? '\n    if (token > group.x) { score = -3.4e38; }' : ''}
    out[first + token] = score;
    top = max(top, score);
  }
  top = highest(${self(subgroups)}, top);
  var sum = 0.0;
  for (var token = thread; token < params.tokens; token += ${MAP_THREADS}u) {
    let weight = exp(out[first + token] - top);
    out[first + token] = weight;
    sum += weight;
  }
  sum = total(${self(subgroups)}, sum);
  for (var token = thread; token < stride; token += ${MAP_THREADS}u) {
    out[first + token] = select(0.0, out[first + token] / sum, token < params.tokens);
  }`,
  })
}
