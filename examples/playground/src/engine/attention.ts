import type { AttentionMaps } from 'vitrine'
import type { Attention } from './types.ts'

/**
 * The part of all attention maps that one token of the input decides: of a large model they are hundreds of
 * megabytes, of which the page gets what it draws.
 * @param patch the patch that attends; the class token unless given, or the mean of all patches where there is none
 */
export function attentionFrom(
  { layers: all, shape, rollout, grid, prefixTokens: prefix }: AttentionMaps,
  patch?: number,
): Attention {
  const [layers, heads, tokens] = shape
  const patches = tokens - prefix
  const queries =
    patch !== undefined
      ? [prefix + patch]
      : prefix > 0
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

/**
 * How far each head looks: the distance between two patches, weighted by how much one attends to the other, the mean
 * of all patches. Class and distillation tokens are nowhere, so they are left out.
 * @param patchSize in pixels of the model's input
 * @returns pixels of the model's input, `[layers, heads]`
 */
export function attentionDistances(
  { layers: all, shape: [layers, heads, tokens], grid, prefixTokens: prefix }: AttentionMaps,
  patchSize: readonly [height: number, width: number],
): Float32Array {
  const [rows, columns] = grid
  const between = (a: number, b: number) =>
    Math.hypot(
      (Math.floor(a / columns) - Math.floor(b / columns)) * patchSize[0],
      ((a % columns) - (b % columns)) * patchSize[1],
    )
  const patches = rows * columns
  const pixels = Float32Array.from({ length: patches * patches }, (_, i) =>
    between(Math.floor(i / patches), i % patches),
  )
  const distances = new Float32Array(layers * heads)
  for (let map = 0; map < distances.length; map++) {
    for (let query = 0; query < patches; query++) {
      const row = (map * tokens + prefix + query) * tokens + prefix
      let [sum, weight] = [0, 0]
      for (let key = 0; key < patches; key++) {
        weight += all[row + key]!
        sum += all[row + key]! * pixels[query * patches + key]!
      }
      if (weight > 0) distances[map]! += sum / weight / patches
    }
  }
  return distances
}
