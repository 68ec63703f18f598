import { index, type Kernel, kernel, type Storage } from './kernel.ts'
import { reduceText, self } from './reduce.ts'

// Token merging; see program/ops/match-tokens.ts. A whole batch is computed at once: each image merges its own tokens.

const THREADS = 64
export const MERGE_THREADS = THREADS

/** Threads that place the tokens of one image. */
const PLACE_THREADS = 256

/**
 * The mean of the keys of all heads, of length 1, in f32. A workgroup computes one token. Tokens whose mean is zero have
 * no direction, and are equally unlike all others.
 */
export function keyDirections(input: Storage, subgroups: boolean): Kernel {
  return kernel({
    name: `${input}_key_directions${subgroups ? '_subgroups' : ''}`,
    enable: subgroups ? ['subgroups'] : [],
    bindings: [
      { name: 'keys', type: input },
      { name: 'directions', type: 'f32', access: 'write' },
    ],
    params: ['rows', 'keys_stride', 'heads', 'head_width', 'stride'],
    workgroup: [THREADS],
    before: reduceText(['total'], THREADS, subgroups),
    body: `  let row = ${index};
  if (row >= params.rows) { return; }
  let first = row * params.stride;
  var squares = 0.0;
  for (var d = thread; d < params.stride; d += ${THREADS}u) {
    var sum = 0.0;
    if (d < params.head_width) {
      for (var head = 0u; head < params.heads; head++) {
        sum += f32(keys[row * params.keys_stride + head * params.head_width + d]);
      }
    }
    directions[first + d] = sum;
    squares += sum * sum;
  }
  let factor = inverseSqrt(max(total(${self(subgroups)}, squares), 1e-30));
  for (var d = thread; d < params.stride; d += ${THREADS}u) { directions[first + d] *= factor; }`,
  })
}

/**
 * For each token of an even row, the largest cosine with a token of an odd row, and the first such row, as the first two
 * columns of a row. A workgroup computes one token of an image.
 */
export function matchTokens(): Kernel {
  return kernel({
    name: `f32_match_tokens_${THREADS}`,
    bindings: [
      { name: 'directions', type: 'vec4<f32>' },
      { name: 'matches', type: 'vec4<f32>', access: 'write' },
    ],
    params: ['tokens', 'kept', 'evens', 'columns4'],
    workgroup: [THREADS],
    before: `
var<workgroup> cosines: array<f32, ${THREADS}>;
var<workgroup> odds: array<u32, ${THREADS}>;`,
    body: `  let image = group.y * params.tokens;
  let own = (image + params.kept + params.kept % 2 + 2 * group.x) * params.columns4;
  // Less than any cosine.
  cosines[thread] = -2.0;
  odds[thread] = params.kept | 1;
  for (var odd = (params.kept | 1) + 2 * thread; odd < params.tokens; odd += ${2 * THREADS}u) {
    let other = (image + odd) * params.columns4;
    var products = vec4<f32>();
    for (var d = 0u; d < params.columns4; d++) { products += directions[own + d] * directions[other + d]; }
    let cosine = dot(products, vec4(1.0));
    if (cosine > cosines[thread]) {
      cosines[thread] = cosine;
      odds[thread] = odd;
    }
  }
  for (var half = ${THREADS / 2}u; half > 0; half /= 2) {
    workgroupBarrier();
    if (thread < half) {
      let other = thread + half;
      let is_equal = cosines[other] == cosines[thread];
      if (cosines[other] > cosines[thread] || (is_equal && odds[other] < odds[thread])) {
        cosines[thread] = cosines[other];
        odds[thread] = odds[other];
      }
    }
  }
  if (thread == 0) {
    matches[group.y * params.evens + group.x] = vec4(cosines[0], f32(odds[0]), 0, 0);
  }`,
  })
}

/**
 * The row to which each token goes, and how many tokens each row stands for then. Tokens of even rows are ranked by
 * counting those with a larger cosine, or an equal one and a lower row; the first `merged` of them go to their match. The
 * rank is the third column of `matches`. A workgroup places the tokens of one image.
 * @param sized whether tokens have sizes; without, each counts once
 */
export function placeTokens(sized: boolean): Kernel {
  return kernel({
    name: `f32_place_tokens_${PLACE_THREADS}${sized ? '_sizes' : ''}`,
    bindings: [
      // Single values: threads read cosines while others write ranks.
      { name: 'matches', type: 'f32', access: 'write' },
      ...sizesBindings(sized),
      { name: 'places', type: 'vec4<f32>', access: 'write' },
      { name: 'sizes_after', type: 'vec4<f32>', access: 'write' },
    ],
    params: ['images', 'tokens', 'kept', 'evens', 'merged'],
    workgroup: [PLACE_THREADS],
    before: `
fn cosine_of(i: u32) -> f32 { return matches[4 * i]; }
fn match_of(i: u32) -> u32 { return u32(matches[4 * i + 1]); }
fn is_merged(i: u32) -> bool { return u32(matches[4 * i + 2]) < params.merged; }
fn row_of_odd(token: u32) -> u32 {
  return params.kept + params.evens - params.merged + (token - params.kept) / 2;
}
${sizeText(sized)}`,
    body: `  let image = ${index};
  if (image >= params.images) { return; }
  let first = image * params.evens;
  let end = first + params.evens;
  for (var i = first + thread; i < end; i += ${PLACE_THREADS}u) {
    var rank = 0u;
    for (var j = first; j < end; j++) {
      let is_equal = cosine_of(j) == cosine_of(i);
      if (cosine_of(j) > cosine_of(i) || (is_equal && j < i)) { rank++; }
    }
    matches[4 * i + 2] = f32(rank);
  }
  storageBarrier();
  for (var token = thread; token < params.tokens; token += ${PLACE_THREADS}u) {
    var row = token;
    var size = size_of(image * params.tokens + token);
    var stays = true;
    if (token >= params.kept && token % 2 == 0) {
      let i = first + (token - params.kept) / 2;
      stays = !is_merged(i);
      if (!stays) {
        row = row_of_odd(match_of(i));
      } else if (params.kept == 0) {
        row = u32(matches[4 * i + 2]) - params.merged;
      } else {
        row = params.kept;
        for (var j = first; j < i; j++) { row += select(1u, 0u, is_merged(j)); }
      }
    } else if (token >= params.kept) {
      row = row_of_odd(token);
      let first_even = image * params.tokens + params.kept + params.kept % 2;
      for (var i = first; i < end; i++) {
        if (is_merged(i) && match_of(i) == token) { size += size_of(first_even + 2 * (i - first)); }
      }
    }
    places[image * params.tokens + token] = vec4(f32(row), 0, 0, 0);
    if (stays) {
      sizes_after[image * (params.tokens - params.merged) + row] = vec4(size, 0, 0, 0);
    }
  }`,
  })
}

/**
 * The means of tokens that go to the same row, weighted by their sizes. A workgroup computes 64 vectors of one row.
 * Its threads find the tokens of that row together, as bits, and all add them in the same order.
 * @param sized as for `placeTokens`
 */
export function mergeTokens(sized: boolean): Kernel {
  const words = THREADS / 32
  return kernel({
    name: `f32_merge_tokens_${THREADS}${sized ? '_sizes' : ''}`,
    bindings: [
      { name: 'x', type: 'vec4<f32>' },
      { name: 'places', type: 'f32' },
      ...sizesBindings(sized),
      { name: 'sizes_after', type: 'f32' },
      { name: 'out', type: 'vec4<f32>', access: 'write' },
    ],
    params: ['rows', 'columns4', 'tokens', 'rows_each'],
    workgroup: [THREADS],
    before: `
var<workgroup> found: array<atomic<u32>, ${words}>;
${sizeText(sized)}`,
    body: `  let row = ${index};
  if (row >= params.rows) { return; }
  let first = row / params.rows_each * params.tokens;
  let place = f32(row % params.rows_each);
  let column = group.z * ${THREADS}u + thread;
  var sum = vec4<f32>();
  for (var start = 0u; start < params.tokens; start += ${THREADS}u) {
    workgroupBarrier();
    if (thread < ${words}u) { atomicStore(&found[thread], 0u); }
    workgroupBarrier();
    let own = start + thread;
    if (own < params.tokens && places[4 * (first + own)] == place) {
      atomicOr(&found[thread / 32], 1u << (thread % 32));
    }
    workgroupBarrier();
    for (var word = 0u; word < ${words}u; word++) {
      var bits = atomicLoad(&found[word]);
      while (bits != 0) {
        let token = first + start + 32 * word + firstTrailingBit(bits);
        bits &= bits - 1;
        if (column < params.columns4) { sum += x[token * params.columns4 + column] * size_of(token); }
      }
    }
  }
  if (column < params.columns4) {
    out[row * params.columns4 + column] = sum / sizes_after[4 * row];
  }`,
  })
}

const sizesBindings = (sized: boolean) => (sized ? [{ name: 'sizes', type: 'f32' }] : [])

/** WGSL for the size of a token; values of one column have rows of one vector. */
const sizeText = (sized: boolean) =>
  `fn size_of(token: u32) -> f32 { return ${sized ? 'sizes[4 * token]' : '1.0'}; }`
