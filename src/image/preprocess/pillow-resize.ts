import type { RGBImage } from '../image.ts'
import type { PillowFilter } from './recipes.ts'
import type { Region } from './region.ts'

interface Filter {
  /** The filter's radius, in pixels of the coarser image. */
  readonly support: number
  weight(distance: number): number
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI))

/** Pillow's filters (Resample.c); bicubic is Keys' with a = -0.5. */
const FILTERS = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    support: 2,
    weight(distance) {
      const a = -0.5
      const x = Math.abs(distance)
      if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    },
  },
  hamming: {
    support: 1,
    weight(distance) {
      const x = Math.abs(distance) * Math.PI
      if (x === 0) return 1
      return x < Math.PI ? (Math.sin(x) / x) * (0.54 + 0.46 * Math.cos(x)) : 0
    },
  },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
} satisfies Record<Exclude<PillowFilter, 'nearest'>, Filter>

/** Weights are integers with this many bits after the point: 32, less 8 for the pixel and 2 spare. */
const PRECISION = 22
const HALF = 1 << (PRECISION - 1)

/** For each output position: the first input position and the weights from there on. */
interface Weights {
  readonly first: Int32Array
  readonly count: Int32Array
  /** `[positions, stride]` */
  readonly values: Int32Array
  readonly stride: number
}

function weights(
  filter: Filter,
  inSize: number,
  outSize: number,
  start: number,
  length: number,
): Weights {
  const scale = inSize / outSize
  // Downscaling widens the filter, so that every input pixel counts; upscaling does not narrow it.
  const filterScale = Math.max(1, scale)
  const support = filter.support * filterScale
  const stride = Math.min(inSize, Math.ceil(support) * 2 + 1)
  const first = new Int32Array(length)
  const count = new Int32Array(length)
  const values = new Int32Array(length * stride)
  const real = new Float64Array(stride)
  for (let i = 0; i < length; i++) {
    const center = (start + i + 0.5) * scale
    const from = Math.max(0, Math.trunc(center - support + 0.5))
    const n = Math.min(inSize, Math.trunc(center + support + 0.5)) - from
    let sum = 0
    for (let k = 0; k < n; k++) {
      real[k] = filter.weight((k + from - center + 0.5) * (1 / filterScale))
      sum += real[k]!
    }
    for (let k = 0; k < n; k++) {
      const scaled = (sum === 0 ? real[k]! : real[k]! / sum) * (1 << PRECISION)
      values[i * stride + k] = Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
    }
    first[i] = from
    count[i] = n
  }
  return { first, count, values, stride }
}

/**
 * Applies weights along one axis of `[outer, positions, inner]` bytes, for `outer` in turn: rows for
 * a horizontal pass (inner is a pixel's 3 channels), a single one for a vertical (inner is a row).
 */
function pass(
  input: Uint8Array,
  outer: number,
  inSize: number,
  inner: number,
  { first, count, values, stride }: Weights,
): Uint8Array {
  const outSize = first.length
  // Int32 sums can't overflow: the weights add up to 1, negative lobes make it 1.3 at most.
  const out = new Uint8ClampedArray(outer * outSize * inner)
  for (let o = 0, to = 0; o < outer; o++) {
    for (let i = 0; i < outSize; i++) {
      const base = (o * inSize + first[i]!) * inner
      const n = count[i]!
      const w = i * stride
      for (let c = 0; c < inner; c++, to++) {
        let sum = HALF
        for (let k = 0, from = base + c; k < n; k++, from += inner) {
          sum = (sum + Math.imul(input[from]!, values[w + k]!)) | 0
        }
        out[to] = sum >> PRECISION
      }
    }
  }
  return new Uint8Array(out.buffer)
}

/**
 * Resizes as Pillow's `Image.resize` does (Resample.c of Pillow 13), byte for byte: fixed-point
 * arithmetic, one axis after the other, each rounded to 8 bits, with a filter that widens when
 * shrinking (antialias).
 *
 * @param size `[height, width]` of the whole result
 * @param window the part of the result to compute, all of it by default; a much larger `size` costs
 *   nothing then
 */
export function resizePillow(
  image: RGBImage,
  [outHeight, outWidth]: readonly [height: number, width: number],
  filter: PillowFilter,
  window: Region = { top: 0, left: 0, height: outHeight, width: outWidth },
): RGBImage {
  if (filter === 'nearest') return resizeNearest(image, [outHeight, outWidth], window)
  const across = weights(FILTERS[filter], image.width, outWidth, window.left, window.width)
  const down = weights(FILTERS[filter], image.height, outHeight, window.top, window.height)
  const { width, height } = window
  const lostRows = image.height - outHeight
  if (lostRows > 0 && lostRows > 2 * (image.width - outWidth)) {
    const flattened = pass(image.data, 1, image.height, image.width * 3, down)
    return { width, height, data: pass(flattened, height, image.width, 3, across) }
  }
  // The first pass computes only the rows that the second pass reads.
  const top = down.first[0]!
  const rows = down.first.at(-1)! + down.count.at(-1)! - top
  const read = image.data.subarray(top * image.width * 3, (top + rows) * image.width * 3)
  const narrowed = pass(read, rows, image.width, 3, across)
  const shifted = { ...down, first: down.first.map((from) => from - top) }
  return { width, height, data: pass(narrowed, 1, rows, width * 3, shifted) }
}

/** The input position under each output position; Pillow adds up the steps, with their roundings. */
function nearest(inSize: number, outSize: number, start: number, length: number): Int32Array {
  const step = inSize / outSize
  const positions = new Int32Array(length)
  let at = step * 0.5
  for (let i = 0; i < start; i++) at += step
  for (let i = 0; i < length; i++, at += step) positions[i] = Math.min(Math.trunc(at), inSize - 1)
  return positions
}

function resizeNearest(
  image: RGBImage,
  [outHeight, outWidth]: readonly [height: number, width: number],
  { top, left, height, width }: Region,
): RGBImage {
  const columns = nearest(image.width, outWidth, left, width)
  const rows = nearest(image.height, outHeight, top, height)
  const data = new Uint8Array(height * width * 3)
  let to = 0
  for (const row of rows) {
    for (const column of columns) {
      const from = 3 * (row * image.width + column)
      for (let c = 0; c < 3; c++) data[to++] = image.data[from + c]!
    }
  }
  return { width, height, data }
}
