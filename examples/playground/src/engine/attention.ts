import type { AttentionMaps, ViTConfig } from 'vitrine'
import type { Attention } from './types.ts'

/**
 * The part of all attention maps that one token of the input decides: of a large model they are hundreds of
 * megabytes, of which the page gets what it draws.
 * @param patch the patch that attends; the class token unless given, or the mean of all patches where there is none
 */
export function attentionFrom(
  { layers: all, shape, rollout, grid }: AttentionMaps,
  config: ViTConfig,
  patch?: number,
): Attention {
  const [layers, heads, tokens] = shape
  const prefix = Number(config.classToken) + Number(config.distilled)
  const patches = tokens - prefix
  const queries =
    patch !== undefined
      ? [prefix + patch]
      : config.classToken
        ? [0]
        : Array.from({ length: patches }, (_, i) => prefix + i)
  const maps = new Float32Array(layers * heads * patches)
  for (let map = 0; map < layers * heads; map++) {
    for (const query of queries) {
      const row = (map * tokens + query) * tokens + prefix
      for (let key = 0; key < patches; key++) {
        maps[map * patches + key]! += all[row + key]! / queries.length
      }
    }
  }
  return { layers, heads, grid, maps, rollout: rollout.slice() }
}
