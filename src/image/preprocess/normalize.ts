import type { Channels } from '../image.ts'
import type { Recipe } from './recipes.ts'

/** Normalisation of one channel from 0..255, with the library's float32 steps. */
function channelScale(recipe: Recipe, channel: number): (value: number) => number {
  const f32 = Math.fround
  const [mean, std] = [recipe.mean, recipe.std].map((all) => all[channel] ?? all[0]) as [
    number,
    number,
  ]
  if (recipe.rescale === 'folded') {
    const [offset, range] = [f32(f32(mean) * 255), f32(f32(std) * 255)]
    return (value) => f32(f32(value - offset) / range)
  }
  const factor = recipe.rescaleFactor ?? 1 / 255
  const rescaled =
    recipe.rescale === 'divided' ? (v: number) => f32(v / 255) : (v: number) => f32(v * factor)
  const [offset, range] = [f32(mean), f32(std)]
  return (value) => f32(f32(rescaled(value) - offset) / range)
}

/**
 * Turns values from 0 to 255, `[pixels, channels]`, into what the model takes: (x / 255 - mean) / std, with
 * the roundings of the recipe's library, so that the result is the same to the last bit.
 */
export function normalize(
  values: Uint8Array | Float32Array,
  recipe: Recipe,
  channels: Channels = 3,
): Float32Array {
  const out = new Float32Array(values.length)
  for (let channel = 0; channel < channels; channel++) {
    const scale = channelScale(recipe, channel)
    if (values instanceof Uint8Array) {
      const table = Float32Array.from({ length: 256 }, (_, value) => scale(value))
      for (let i = channel; i < values.length; i += channels) out[i] = table[values[i]!]!
    } else {
      for (let i = channel; i < values.length; i += channels) out[i] = scale(values[i]!)
    }
  }
  return out
}
