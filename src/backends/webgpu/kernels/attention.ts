import { range, staged } from './gemm-tile.ts'
import { type Kernel, kernel, type Storage, toStorage, vectors } from './kernel.ts'
import { reduceText, self } from './reduce.ts'

/** How a workgroup computes attention. */
export interface AttentionTile {
  /** Queries per workgroup. */
  readonly queries: number
  /** Threads that share a query; each takes a part of the keys. */
  readonly slices: number
  /** Keys and values in workgroup memory at once. */
  readonly keys: number
  /** Keys whose scores a thread computes together. */
  readonly together: number
}

/** With fewer queries of all heads, a large GPU has threads to spare: more of them share a query. */
const BUSY = 8192

/** The least workgroup memory that a GPU has. */
const LEAST_BYTES = 16 << 10

const few: AttentionTile = { queries: 16, slices: 8, keys: 16, together: 2 }
const many: AttentionTile = { queries: 32, slices: 2, keys: 16, together: 2 }

/**
 * @param queries of all heads of all images
 * @param slices whether threads may share a query
 */
export function attentionTile(queries: number, headWidth: number, slices: boolean): AttentionTile {
  const sliced = [...(queries < BUSY ? [few] : []), many, { ...many, keys: 8 }]
  const fits = (tile: AttentionTile) => attentionBytes(tile, headWidth) <= LEAST_BYTES
  const chosen = slices && sliced.find(fits)
  if (chosen) return chosen
  const keys = Math.floor(LEAST_BYTES / (32 * vectors(headWidth)))
  return { queries: 64, slices: 1, keys: Math.max(1, Math.min(4, keys)), together: 1 }
}

/** Vectors from one key to the next. If a subgroup reads several, they are spread over memory banks. */
const strideOf = ({ slices }: AttentionTile, headWidth: number) =>
  vectors(headWidth) + (slices > 1 ? 1 : 0)

/** Vectors of each output that all slices put into workgroup memory at once. */
const ROUND = 4

/** The vectors of keys and values in workgroup memory, where the outputs of all slices are added later. */
function memorySize(tile: AttentionTile, headWidth: number): number {
  const outputs = tile.slices > 1 ? tile.queries * tile.slices * ROUND : 0
  return Math.max(2 * tile.keys * strideOf(tile, headWidth), outputs)
}

const attentionBytes = (tile: AttentionTile, headWidth: number): number =>
  16 * memorySize(tile, headWidth) + 8 * tile.queries * tile.slices

export interface AttentionOptions {
  readonly headWidth: number
  readonly input: Storage
  readonly out: Storage
  readonly causal: boolean
  readonly bias: boolean
  /** Whether each key counts as so many equal ones as its size says. */
  readonly sizes?: boolean
}

const params = ['queries', 'tokens', 'width', 'scale'] as const

/**
 * Attention of all heads without the matrix of tokens by tokens (FlashAttention, Dao et al. 2022): each thread keeps a
 * query and its output in registers and loops over tiles of keys with a running maximum and sum. With slices, a thread
 * takes every n-th key, and the outputs of all are added at the end. Queries are scaled before the products; everything
 * is f32.
 */
export function attention(options: AttentionOptions, tile: AttentionTile): Kernel {
  const { headWidth, input, out, causal, bias, sizes = false } = options
  const { queries, slices, keys, together } = tile
  const width4 = vectors(headWidth)
  const stride = strideOf(tile, headWidth)
  const threads = queries * slices
  const types = [...new Set([input, out])].join('')
  const isWhole = headWidth % 4 === 0
  const some = range(together)
  const sides = ['key', 'value'].map((name, side) =>
    staged({
      ...{ name, type: 'vec4<f32>', count: keys * width4, threads },
      load: (i, first) =>
        `read_${name}(group.z, ${first} + ${i} / ${width4}u, head, ${i} % ${width4}u)`,
      store: (i, value) =>
        `memory[${side * keys * stride}u + ${i} / ${width4}u * ${stride}u + ${i} % ${width4}u] = ${value};`,
    }),
  )
  return kernel({
    name: `${types}_attention_${queries}x${keys}x${headWidth}${slices > 1 ? `s${slices}` : ''}${scoresName(options)}${sizesName(sizes)}`,
    bindings: [
      { name: 'query', type: element(input, isWhole) },
      { name: 'key_value', type: element(input, isWhole) },
      ...biasBindings(bias),
      ...sizesBindings(sizes),
      { name: 'out', type: element(out, isWhole), access: 'write' },
    ],
    params,
    workgroup: [threads],
    before: `
const LOWEST = -3.4e38;
var<workgroup> memory: array<vec4<f32>, ${memorySize(tile, headWidth)}>;
${slices > 1 ? `var<workgroup> tops: array<f32, ${threads}>;\nvar<workgroup> weights: array<f32, ${threads}>;` : ''}
${readText('query', headWidth)}
${readText('key_value', headWidth)}
${writeText('out', headWidth, out)}
fn read_key(image: u32, token: u32, head: u32, d: u32) -> vec4<f32> {
  if (token >= params.tokens) { return vec4<f32>(); }
  return read_key_value(image * params.tokens + token, 2 * params.width, head, d);
}
fn read_value(image: u32, token: u32, head: u32, d: u32) -> vec4<f32> {
  return read_key(image, token, head + params.width / ${headWidth}u, d);
}`,
    body: `  let head = group.y;
  let slice = thread / ${queries}u;
  let query_row = group.x * ${queries}u + thread % ${queries}u;
  let row = group.z * params.queries + min(query_row, params.queries - 1);
  var q: array<vec4<f32>, ${width4}>;
  var sums: array<vec4<f32>, ${width4}>;
  for (var d = 0u; d < ${width4}u; d++) {
    q[d] = read_query(row, params.width, head, d) * bitcast<f32>(params.scale);
  }
  let end = ${causal ? `min(params.tokens, (group.x + 1) * ${queries}u)` : 'params.tokens'};
  var top = LOWEST;
  var weight_sum = 0.0;
${sides.map(({ registers, fetch }) => `${registers}\n${fetch('0u')}`).join('\n')}
  for (var first = 0u; first < end; first += ${keys}u) {
    workgroupBarrier();
${sides.map(({ put }) => put).join('\n')}
    workgroupBarrier();
${sides.map(({ fetch }) => fetch(`first + ${keys}u`)).join('\n')}
    for (var key = slice; key < ${keys}u; key += ${slices * together}u) {
${some
  .map((j) => {
    const token = `token_${j}`
    const isSeen = `${token} < params.tokens${causal ? ` && ${token} <= query_row` : ''}`
    return `      let key_${j} = (key + ${j * slices}u) * ${stride}u;
      let value_${j} = key_${j} + ${keys * stride}u;
      let ${token} = first + key + ${j * slices}u;
      let is_seen_${j} = ${isSeen};
      var products_${j} = vec4<f32>();`
  })
  .join('\n')}
      for (var d = 0u; d < ${width4}u; d++) {
${some.map((j) => `        products_${j} += q[d] * memory[key_${j} + d];`).join('\n')}
      }
${some
  .map((j) => {
    const score = `dot(products_${j}, vec4(1.0))${biasText(bias, 'query_row', `token_${j}`)}${sizesText(sizes, `token_${j}`)}`
    return `      let score_${j} = select(LOWEST, ${score}, is_seen_${j});`
  })
  .join('\n')}
      var peak = top;
${some.map((j) => `      peak = max(peak, score_${j});`).join('\n')}
      let shrink = exp(top - peak);
      top = peak;
${some.map((j) => `      let weight_${j} = select(0.0, exp(score_${j} - peak), is_seen_${j});`).join('\n')}
      weight_sum = weight_sum * shrink + ${some.map((j) => `weight_${j}`).join(' + ')};
      for (var d = 0u; d < ${width4}u; d++) {
        sums[d] = sums[d] * shrink + ${some.map((j) => `weight_${j} * memory[value_${j} + d]`).join(' + ')};
      }
    }
  }
${
  slices > 1
    ? acrossSlices(tile, width4)
    : `  if (query_row < params.queries) {
    for (var d = 0u; d < ${width4}u; d++) {
      write_out(row, params.width, head, d, sums[d] / weight_sum);
    }
  }`
}`,
  })
}

/** Adds the outputs of all slices, each of which is relative to a maximum of its own, and writes them. */
function acrossSlices({ queries, slices }: AttentionTile, width4: number): string {
  const threads = queries * slices
  const ofAll = `var i = thread % ${queries}u; i < ${threads}u; i += ${queries}u`
  const rounds = range(Math.ceil(width4 / ROUND)).map((round) => {
    const those = range(Math.min(ROUND, width4 - round * ROUND))
    return `  workgroupBarrier();
${those.map((d) => `  memory[thread + ${d * threads}u] = sums[${round * ROUND + d}] * part;`).join('\n')}
  workgroupBarrier();
  if (query_row < params.queries) {
    for (var d = slice; d < ${those.length}u; d += ${slices}u) {
      var value = vec4<f32>();
      for (${ofAll}) { value += memory[d * ${threads}u + i]; }
      write_out(row, params.width, head, ${round * ROUND}u + d, value);
    }
  }`
  })
  return `  tops[thread] = top;
  weights[thread] = weight_sum;
  workgroupBarrier();
  var highest = LOWEST;
  for (${ofAll}) { highest = max(highest, tops[i]); }
  var total = 0.0;
  for (${ofAll}) { total += weights[i] * exp(tops[i] - highest); }
  let part = exp(top - highest) / total;
${rounds.join('\n')}`
}

/** Part of a kernel's name: what is done to its scores. */
export const scoresName = ({ causal, bias }: Pick<AttentionOptions, 'causal' | 'bias'>) =>
  `${causal ? '_causal' : ''}${bias ? '_bias' : ''}`

/** The bias `[heads * keys, queries]`, whose rows are padded to vectors. */
export const biasBindings = (bias: boolean) => (bias ? [{ name: 'bias', type: 'f32' }] : [])

/** WGSL that adds the bias of `token` and a query to a score of `head`. */
export const biasText = (bias: boolean, query: string, token = 'token') =>
  bias
    ? ` + bias[(head * params.tokens + ${token}) * ((params.queries + 3) / 4 * 4) + ${query}]`
    : ''

const sizesName = (sizes: boolean) => (sizes ? '_sizes' : '')

/** The sizes of keys `[tokens, 1]`, whose rows are padded to vectors. */
const sizesBindings = (sizes: boolean) => (sizes ? [{ name: 'sizes', type: 'f32' }] : [])

/** WGSL that adds the logarithm of the size of `token` to a score. Tokens behind the last one are not seen. */
const sizesText = (sizes: boolean, token: string) =>
  sizes ? ` + log(sizes[4 * (group.z * params.tokens + min(${token}, params.tokens - 1))])` : ''

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
  const { headWidth, input, causal, bias, sizes = false } = options
  const width4 = vectors(headWidth)
  return kernel({
    name: `${input}_attention_map_${headWidth}${scoresName(options)}${sizesName(sizes)}${subgroups ? '_subgroups' : ''}`,
    enable: subgroups ? ['subgroups'] : [],
    bindings: [
      { name: 'query', type: element(input, headWidth % 4 === 0) },
      { name: 'key_value', type: element(input, headWidth % 4 === 0) },
      ...biasBindings(bias),
      ...sizesBindings(sizes),
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
    ${causal ? 'var' : 'let'} score = dot(products, vec4(1.0))${biasText(bias, 'group.x')}${sizesText(sizes, 'token')};${causal ? '\n    if (token > group.x) { score = -3.4e38; }' : ''}
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
