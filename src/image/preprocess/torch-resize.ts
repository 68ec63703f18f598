import { AXES, uprightSides } from '../upright.ts'
import type { Region } from './region.ts'
import type { Resizer, Stored } from './resizer.ts'

/** For each output position: the first input position and the weights from there on. */
type Weights = readonly (readonly [first: number, weights: Float64Array])[]

/** A triangle that is as wide as the step between output positions, so that every pixel counts. */
function weights(inSize: number, outSize: number, start: number, length: number): Weights {
  const scale = inSize / outSize
  const support = Math.max(1, scale)
  return Array.from({ length }, (_, i) => {
    const center = (start + i + 0.5) * scale
    const from = Math.max(0, Math.trunc(center - support + 0.5))
    const to = Math.min(inSize, Math.trunc(center + support + 0.5))
    const values = Float64Array.from({ length: to - from }, (_, k) =>
      Math.max(0, 1 - Math.abs((from + k - center + 0.5) / support)),
    )
    const sum = values.reduce((all, value) => all + value, 0)
    return [from, values.map((value) => value / sum)]
  })
}

/** The weights for an axis that is stored the other way round. */
const mirrored = (all: Weights, inSize: number): Weights =>
  all.map(([first, values]) => [inSize - first - values.length, values.slice().reverse()])

/**
 * Resizes as torch's `interpolate` does with floats (bilinear, antialias): like Pillow's bilinear filter, without its
 * rounding to 8 bits. torch adds up in another order, so that results differ in the last bits of float32.
 * @param size `[height, width]` of the whole result
 * @param window the part of the result to compute
 * @returns `[window.height, window.width, 3]` values from 0 to 255
 */
export function torchResizer(
  stored: Stored,
  [outHeight, outWidth]: readonly [height: number, width: number],
  window: Region,
): Resizer<Float32Array> {
  const [width, height] = uprightSides(stored)
  const { swap, mirrorX, mirrorY } = AXES[stored.orientation]
  const across = weights(width, outWidth, window.left, window.width)
  const down = weights(height, outHeight, window.top, window.height)
  const [ofRow, ofColumn] = swap ? [down, across] : [across, down]
  const along = mirrorX ? mirrored(ofRow, stored.width) : ofRow
  const between = mirrorY ? mirrored(ofColumn, stored.height) : ofColumn
  const narrowed = new Float32Array(stored.height * along.length * 3)
  return {
    put(y, rows) {
      const count = rows.length / 3 / stored.width
      for (let row = 0; row < count; row++) {
        narrow(rows.subarray(3 * stored.width * row), along, narrowed, (y + row) * along.length * 3)
      }
    },
    finish() {
      const out = new Float32Array(window.width * window.height * 3)
      const rowLength = along.length * 3
      for (let i = 0; i < between.length; i++) {
        const [first, values] = between[i]!
        for (let j = 0; j < rowLength; j++) {
          let sum = 0
          for (let k = 0; k < values.length; k++) {
            sum += values[k]! * narrowed[(first + k) * rowLength + j]!
          }
          // Stored columns are rows of the upright picture where the axes are swapped.
          const at = swap
            ? (Math.floor(j / 3) * between.length + i) * 3 + (j % 3)
            : i * rowLength + j
          out[at] = sum
        }
      }
      return out
    },
  }
}

/** One row of pixels to fewer, or more. */
function narrow(row: Uint8Array, along: Weights, out: Float32Array, at: number): void {
  let to = at
  for (const [first, values] of along) {
    for (let channel = 0; channel < 3; channel++, to++) {
      let sum = 0
      for (let k = 0; k < values.length; k++) sum += values[k]! * row[3 * (first + k) + channel]!
      out[to] = sum
    }
  }
}
