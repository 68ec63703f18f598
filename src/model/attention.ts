import { attentionRollout } from './rollout.ts'
import type { Encoder, Tokens } from './tokens.ts'

/** Where a model looks in one image. */
export interface AttentionMaps {
  /**
   * The softmax weights of all layers and heads, `[layers, heads, tokens, tokens]`, row by row: a row is a query, a
   * column a key, and a row sums to 1. The first `prefixTokens` tokens are the class token and DeiT's distillation
   * token, if the model has them; then come the patches, row by row from the top left.
   */
  layers: Float32Array
  /** How many tokens come before those of the patches. */
  prefixTokens: number
  /** The sizes of `layers`. */
  shape: readonly [layers: number, heads: number, tokens: number, tokens: number]
  /**
   * How much each patch contributes to the output, from 0 to 1, `[rows, columns]` as in `grid`: attention rollout
   * (Abnar and Zuidema 2020) of the class token, or of the mean of all patches if there is none.
   */
  rollout: Float32Array
  /** Rows and columns of patches. */
  grid: readonly [rows: number, columns: number]
}

/** @param layers `[layers, heads, tokens, tokens]` */
export function attentionMaps(
  layers: Float32Array,
  { blocks, prefixTokens, grid }: Tokens,
  { heads }: Encoder,
): AttentionMaps {
  const depth = blocks.length
  const tokens = prefixTokens + grid[0] * grid[1]
  const from = outputShares(tokens, prefixTokens)
  const flow = attentionRollout(layers, [depth, heads, tokens], from)
  return {
    layers,
    prefixTokens,
    shape: [depth, heads, tokens, tokens],
    rollout: Float32Array.from(flow.subarray(prefixTokens)),
    grid,
  }
}

/** All of the class token, or an equal share of every patch. */
function outputShares(tokens: number, prefix: number): Float64Array {
  const shares = new Float64Array(tokens)
  if (prefix > 0) shares[0] = 1
  else shares.fill(1 / (tokens - prefix), prefix)
  return shares
}
