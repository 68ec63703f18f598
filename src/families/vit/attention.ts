import type { ViTConfig } from './config.ts'
import { patchGrid, prefixTokens } from './grid.ts'
import { attentionRollout } from './rollout.ts'

export interface AttentionMaps {
  /** Softmax weights, `[layers, heads, tokens, tokens]`: row query, column key. */
  layers: Float32Array
  shape: readonly [layers: number, heads: number, tokens: number, tokens: number]
  /**
   * How much each patch reaches the answer: attention rollout of the class token, or of the mean of
   * all patches where there is none; `[grid rows, grid columns]`.
   */
  rollout: Float32Array
  grid: readonly [rows: number, columns: number]
}

/** @param layers `[layers, heads, tokens, tokens]` */
export function attentionMaps(layers: Float32Array, config: ViTConfig): AttentionMaps {
  const grid = patchGrid(config)
  const prefix = prefixTokens(config)
  const tokens = prefix + grid[0] * grid[1]
  const { depth, heads } = config
  const from = outputShares(tokens, prefix, config.classToken)
  const flow = attentionRollout(layers, [depth, heads, tokens], from)
  return {
    layers,
    shape: [depth, heads, tokens, tokens],
    rollout: Float32Array.from(flow.subarray(prefix)),
    grid,
  }
}

/** All of the class token, or an equal share of every patch. */
function outputShares(tokens: number, prefix: number, classToken: boolean): Float64Array {
  const shares = new Float64Array(tokens)
  if (classToken) shares[0] = 1
  else shares.fill(1 / (tokens - prefix), prefix)
  return shares
}
