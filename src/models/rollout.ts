/**
 * Attention rollout (Abnar and Zuidema 2020): how much each token of the input reaches each token of
 * the output, when every block passes on half of what it attends to and half of the token itself.
 * Per layer the heads' mean `A`, then `(A + I) / 2` with its rows normalised; the product of all
 * layers, the last one leftmost.
 * @param layers `[layers, heads, tokens, tokens]` softmax weights
 * @returns `[tokens, tokens]`, rows sum to 1
 */
export function attentionRollout(
  layers: Float32Array,
  [depth, heads, tokens]: readonly [number, number, number],
): Float32Array {
  let product = identity(tokens)
  for (let layer = 0; layer < depth; layer++) {
    const mixed = identity(tokens)
    for (let head = 0; head < heads; head++) {
      const start = (layer * heads + head) * tokens * tokens
      for (let i = 0; i < mixed.length; i++) mixed[i]! += layers[start + i]! / heads
    }
    normaliseRows(mixed, tokens)
    product = multiply(mixed, product, tokens)
  }
  return Float32Array.from(product)
}

function identity(n: number): Float64Array {
  const out = new Float64Array(n * n)
  for (let i = 0; i < n; i++) out[i * n + i] = 1
  return out
}

function normaliseRows(matrix: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    const row = matrix.subarray(i * n, (i + 1) * n)
    const sum = row.reduce((a, b) => a + b, 0)
    for (let j = 0; j < n; j++) row[j]! /= sum
  }
}

function multiply(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    const row = out.subarray(i * n, (i + 1) * n)
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k]!
      for (let j = 0; j < n; j++) row[j]! += factor * b[k * n + j]!
    }
  }
  return out
}
