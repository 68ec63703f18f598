/**
 * Attention rollout (Abnar and Zuidema 2020): how much each token of the input reaches the output,
 * when every block passes on half of what it attends to and half of the token itself. Per layer the
 * heads' mean `A`, then `(A + I) / 2` with its rows normalised; the product of all layers, the last
 * one leftmost. Only the rows that are asked for are computed, from the output down.
 * @param layers `[layers, heads, tokens, tokens]` softmax weights
 * @param from how much of each output token is wanted, `[tokens]`: 1 at one place for a row of the
 *   product, a share for each of several for their mean
 * @returns `[tokens]`; as much in all as `from`
 */
export function attentionRollout(
  layers: Float32Array,
  [depth, heads, tokens]: readonly [number, number, number],
  from: Float64Array,
): Float64Array {
  let flow = from
  for (let layer = depth - 1; layer >= 0; layer--) {
    const next = new Float64Array(tokens)
    const start = layer * heads * tokens * tokens
    const map = layers.subarray(start, start + heads * tokens * tokens)
    for (let query = 0; query < tokens; query++) {
      if (flow[query] !== 0) passOn(map, heads, tokens, query, flow[query]!, next)
    }
    flow = next
  }
  return flow
}

/** Adds a token's share to the tokens that it attends to, and to itself. */
function passOn(
  map: Float32Array,
  heads: number,
  tokens: number,
  query: number,
  amount: number,
  into: Float64Array,
): void {
  const row = new Float64Array(tokens)
  for (let head = 0; head < heads; head++) {
    const at = (head * tokens + query) * tokens
    for (let key = 0; key < tokens; key++) row[key]! += map[at + key]! / heads
  }
  row[query]! += 1
  const sum = row.reduce((a, b) => a + b, 0)
  for (let key = 0; key < tokens; key++) into[key]! += (amount * row[key]!) / sum
}
