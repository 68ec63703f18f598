import type { RGBImage } from '../image.ts'
import { uprightSides } from '../upright.ts'
import { Picked } from './picked.ts'
import type { Region } from './region.ts'
import type { Resizer, Stored } from './resizer.ts'

/** Two neighbours, and the sample's position between them. */
interface Neighbours {
  readonly lower: Int32Array
  readonly upper: Int32Array
  readonly weight: Float32Array
}

function neighbours(inSize: number, outSize: number, start: number, length: number): Neighbours {
  const f32 = Math.fround
  const scale = f32(inSize / outSize)
  const lower = new Int32Array(length)
  const upper = new Int32Array(length)
  const weight = new Float32Array(length)
  for (let i = 0; i < length; i++) {
    const x = f32(f32((start + i + 0.5) * scale) - 0.5)
    const floor = Math.floor(x)
    lower[i] = Math.max(floor, 0)
    upper[i] = Math.min(Math.ceil(x), inSize - 1)
    weight[i] = x - floor
  }
  return { lower, upper, weight }
}

/**
 * Resizes as `tf.image.resize` does (bilinear, half-pixel centres, no antialias), bit for bit: float32
 * arithmetic without fused multiply-add, along x, then along y.
 *
 * @param size `[height, width]` of the whole result
 * @param window the part of the result to compute, all of it by default
 * @returns `[window.height, window.width, 3]` values from 0 to 255
 */
export function resizeTensorFlow(
  { width, height, data }: RGBImage,
  size: readonly [height: number, width: number],
  window?: Region,
): Float32Array {
  const resizer = tensorFlowResizer({ width, height, orientation: 1 }, size, window)
  resizer.put(0, data)
  return resizer.finish()
}

/** The same while a picture is decoded: of all pixels only the neighbours are kept. */
export function tensorFlowResizer(
  stored: Stored,
  [outHeight, outWidth]: readonly [height: number, width: number],
  window: Region = { top: 0, left: 0, height: outHeight, width: outWidth },
): Resizer<Float32Array> {
  const [width, height] = uprightSides(stored)
  const columns = neighbours(width, outWidth, window.left, window.width)
  const rows = neighbours(height, outHeight, window.top, window.height)
  const picked = new Picked(stored, [columns.lower, columns.upper], [rows.lower, rows.upper])
  return {
    put: (y, pixels) => picked.put(y, pixels),
    finish: () => interpolate(picked, columns, rows),
  }
}

/** By the names of their filters: results in floats, or cut to whole numbers as a cast to uint8 does it. */
export const tensorFlowResizers = {
  'tensorflow-bilinear': tensorFlowResizer,
  'tensorflow-bilinear-u8': (
    ...picture: Parameters<typeof tensorFlowResizer>
  ): Resizer<Uint8Array> => {
    const { put, finish } = tensorFlowResizer(...picture)
    return { put, finish: () => Uint8Array.from(finish()) }
  },
} as const

function interpolate(picked: Picked, columns: Neighbours, rows: Neighbours): Float32Array {
  const f32 = Math.fround
  const { data } = picked
  const [lefts, rights] = [columns.lower, columns.upper].map(picked.columnOffsets)
  const [aboves, belows] = [rows.lower, rows.upper].map(picked.rowOffsets)
  const [width, height] = [columns.weight.length, rows.weight.length]
  const out = new Float32Array(height * width * 3)
  for (let y = 0, to = 0; y < height; y++) {
    const above = aboves![y]!
    const below = belows![y]!
    const down = rows.weight[y]!
    for (let x = 0; x < width; x++) {
      const left = lefts![x]!
      const right = rights![x]!
      const across = columns.weight[x]!
      for (let c = 0; c < 3; c++, to++) {
        const topLeft = data[above + left + c]!
        const topRight = data[above + right + c]!
        const bottomLeft = data[below + left + c]!
        const bottomRight = data[below + right + c]!
        const top = f32(topLeft + f32((topRight - topLeft) * across))
        const bottom = f32(bottomLeft + f32((bottomRight - bottomLeft) * across))
        out[to] = f32(top + f32(f32(bottom - top) * down))
      }
    }
  }
  return out
}
