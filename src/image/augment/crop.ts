import { allocate } from '../allocate.ts'
import type { Channels, RGBImage } from '../image.ts'
import type { TargetSize } from '../preprocess/fit.ts'
import type { Region } from '../preprocess/region.ts'
import { resizeTensorFlow } from '../preprocess/tensorflow-resize.ts'

/** The part of a picture inside a box. */
export function sliceOf({ width, data }: RGBImage, box: Region): RGBImage {
  const row = box.width * 3
  const slice = allocate(box.height * row)
  for (let y = 0; y < box.height; y++) {
    const start = ((box.top + y) * width + box.left) * 3
    slice.set(data.subarray(start, start + row), y * row)
  }
  return { width: box.width, height: box.height, data: slice }
}

/**
 * Cuts a box out of a picture and resizes it as `tf.image.resize` does (bilinear, half-pixel centres, no antialias).
 * Pixels outside the box have no effect.
 * @returns `[height, width, 3]` values from 0 to 255
 */
export const cropAndResize = (image: RGBImage, box: Region, size: TargetSize): Float32Array =>
  resizeTensorFlow(sliceOf(image, box), size)

/** Mirrors left and right, in place. `values` is `[height, width, channels]`. */
export function flip(
  values: Float32Array,
  [height, width]: TargetSize,
  channels: Channels = 3,
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width >> 1; x++) {
      const left = (y * width + x) * channels
      const right = (y * width + width - 1 - x) * channels
      for (let c = 0; c < channels; c++) {
        const kept = values[left + c]!
        values[left + c] = values[right + c]!
        values[right + c] = kept
      }
    }
  }
}

/**
 * Moves a picture, and fills what becomes free with black. `values` is `[height, width, 3]`.
 * @param down how many rows, upwards if below 0
 * @param right how many columns, to the left if below 0
 */
export function shift(
  values: Float32Array,
  [height, width]: TargetSize,
  down: number,
  right: number,
): Float32Array {
  const out = new Float32Array(values.length)
  const kept = Math.max(0, width - Math.abs(right))
  for (let y = Math.max(0, down); y < Math.min(height, height + down); y++) {
    const from = ((y - down) * width + Math.max(0, -right)) * 3
    const to = (y * width + Math.max(0, right)) * 3
    out.set(values.subarray(from, from + kept * 3), to)
  }
  return out
}
