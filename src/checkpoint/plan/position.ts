import { allocate } from '../read/dtype.ts'
import type { Resample } from './resamples.ts'

export type Grid = readonly [rows: number, columns: number]

/** For each new place along one axis: the first old place that counts, and the weights from there. */
type Taps = readonly { readonly first: number; readonly weights: readonly number[] }[]

/**
 * Resizes a position embedding `[prefix + rows * columns, width]`. The rows of prefix tokens stay
 * as they are. Computed in f64, rounded once.
 */
export function resizePosition(
  values: Float32Array,
  prefix: number,
  width: number,
  from: Grid,
  to: Grid,
  rule: Resample = 'official',
): Float32Array {
  const resized = allocate((prefix + to[0] * to[1]) * width, 'the resized position embedding')
  resized.set(values.subarray(0, prefix * width))
  const rowTaps = tapsOf[rule](from[0], to[0])
  const columnTaps = tapsOf[rule](from[1], to[1])
  const oldRow = from[1] * width
  const blended = new Float64Array(oldRow)
  const token = new Float64Array(width)
  for (let row = 0; row < to[0]; row++) {
    blended.fill(0)
    rowTaps[row]!.weights.forEach((weight, i) => {
      const start = prefix * width + (rowTaps[row]!.first + i) * oldRow
      for (let k = 0; k < oldRow; k++) blended[k]! += weight * values[start + k]!
    })
    for (let column = 0; column < to[1]; column++) {
      token.fill(0)
      columnTaps[column]!.weights.forEach((weight, i) => {
        const start = (columnTaps[column]!.first + i) * width
        for (let k = 0; k < width; k++) token[k]! += weight * blended[start + k]!
      })
      resized.set(token, (prefix + row * to[1] + column) * width)
    }
  }
  return resized
}

const tapsOf: Readonly<Record<Resample, (from: number, to: number) => Taps>> = {
  official: (from, to) => axis(to, (i) => clamped(aligned(i, from, to), 0, 1, from, triangle)),
  torchvision: (from, to) =>
    axis(to, (i) => clamped(aligned(i, from, to), -1, 2, from, cubic(-0.75))),
  'timm-npz': (from, to) =>
    axis(to, (i) => clamped(Math.max(0, centre(i, from, to)), 0, 1, from, triangle)),
  huggingface: (from, to) =>
    axis(to, (i) => clamped(centre(i, from, to), -1, 2, from, cubic(-0.75))),
  timm: antialiased,
  naflex: (from, to) => antialiased(from, to, triangle, 1),
}

/** Where the middle of new place `i` lies among the old places. */
const centre = (i: number, from: number, to: number) => ((i + 0.5) * from) / to - 0.5

/** The same where the corners of both grids lie on each other. */
const aligned = (i: number, from: number, to: number) =>
  to === 1 ? 0 : (i * (from - 1)) / (to - 1)

const triangle = (x: number) => Math.max(0, 1 - Math.abs(x))

/** Keys' cubic convolution kernel; `a` is its slope at 1. */
const cubic = (a: number) => (distance: number) => {
  const x = Math.abs(distance)
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a
  return 0
}

/** Taps from `low` to `high` places around the source; those outside count for the border. */
function clamped(
  source: number,
  low: number,
  high: number,
  size: number,
  kernel: (distance: number) => number,
): Taps[number] {
  const floor = Math.floor(source)
  const inside = (place: number) => Math.min(Math.max(place, 0), size - 1)
  const first = inside(floor + low)
  const weights = new Array<number>(inside(floor + high) - first + 1).fill(0)
  for (let k = low; k <= high; k++) {
    weights[inside(floor + k) - first]! += kernel(floor + k - source)
  }
  return { first, weights }
}

/**
 * Pillow's rule, which is PyTorch's antialias: the kernel widens with the scale; borders are cut.
 * @param radius beyond which the kernel is 0
 */
export function antialiased(from: number, to: number, kernel = cubic(-0.5), radius = 2): Taps {
  const scale = Math.max(from / to, 1)
  return axis(to, (i) => {
    const middle = ((i + 0.5) * from) / to
    const first = Math.max(0, Math.trunc(middle - radius * scale + 0.5))
    const end = Math.min(from, Math.trunc(middle + radius * scale + 0.5))
    const weights = Array.from({ length: end - first }, (_, k) =>
      kernel((first + k - middle + 0.5) / scale),
    )
    const sum = weights.reduce((a, b) => a + b, 0)
    return { first, weights: weights.map((weight) => weight / sum) }
  })
}

const axis = (to: number, taps: (i: number) => Taps[number]): Taps =>
  Array.from({ length: to }, (_, i) => taps(i))
