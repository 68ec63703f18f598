import type { Grid } from './position.ts'
import type { Resample } from './resamples.ts'

/** A change of a whole tensor that no region can express; the tensor is buffered for it. */
export type Rearrange =
  /** A convolution kernel `[out, channels, height, width]` to `[out, height, width, channels]`. */
  | { readonly kind: 'channels_last'; readonly channels: number; readonly positions: number }
  /** A position embedding to another grid of patches. */
  | {
      readonly kind: 'resize'
      readonly prefix: number
      readonly width: number
      readonly from: Grid
      readonly to: Grid
      readonly rule: Resample
    }
  /** What only one family does. */
  | { readonly kind: 'own'; change(values: Float32Array): Float32Array }

/** What makes the change. Resizing is loaded when it is needed, which is seldom. */
export async function rearranger(
  change: Rearrange,
): Promise<(values: Float32Array) => Float32Array> {
  if (change.kind === 'channels_last') {
    return (values) => swapInner(values, change.channels, change.positions)
  }
  if (change.kind === 'own') return change.change
  const { resizePosition } = await import('./position.ts')
  const { prefix, width, from, to, rule } = change
  return (values) => resizePosition(values, prefix, width, from, to, rule)
}

/** `[n, a, b]` to `[n, b, a]`. */
export function swapInner(values: Float32Array, a: number, b: number): Float32Array {
  const swapped = new Float32Array(values.length)
  for (let base = 0; base < values.length; base += a * b) {
    for (let i = 0; i < a; i++) {
      for (let j = 0; j < b; j++) swapped[base + j * a + i] = values[base + i * b + j]!
    }
  }
  return swapped
}
