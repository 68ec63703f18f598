import type { RGBImage } from '../image.ts'
import { AXES, UprightImage, uprightSides } from '../upright.ts'
import { Picked } from './picked.ts'
import type { PillowFilter } from './recipes.ts'
import type { Region } from './region.ts'
import type { Resizer, Stored } from './resizer.ts'

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

/** The weights for an axis that is stored the other way round. */
function mirrored({ first, count, values, stride }: Weights, inSize: number): Weights {
  const turned = values.slice()
  for (let i = 0; i < count.length; i++) {
    turned.subarray(i * stride, i * stride + count[i]!).reverse()
  }
  return { first: first.map((from, i) => inSize - from - count[i]!), count, values: turned, stride }
}

/** `[outer, positions, inner]` bytes: rows of pixels (inner is 3), or a single column of rows. */
interface Shape {
  readonly outer: number
  readonly inSize: number
  readonly inner: number
}

/** Applies weights along the middle axis, for `outer` in turn. */
function pass(
  input: Uint8Array,
  { outer, inSize, inner }: Shape,
  { first, count, values, stride }: Weights,
  out: Uint8ClampedArray,
): void {
  const outSize = first.length
  // Int32 sums can't overflow: the weights add up to 1, negative lobes make it 1.3 at most.
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
  { width, height, data }: RGBImage,
  size: readonly [height: number, width: number],
  filter: PillowFilter,
  window: Region = { top: 0, left: 0, height: size[0], width: size[1] },
): RGBImage {
  const resizer = pillowResizer({ width, height, orientation: 1 }, size, filter, window)
  resizer.put(0, data)
  return { width: window.width, height: window.height, data: resizer.finish() }
}

/** The same while a picture is decoded: what is kept of it is small in one direction. */
export function pillowResizer(
  stored: Stored,
  [outHeight, outWidth]: readonly [height: number, width: number],
  filter: PillowFilter,
  window: Region,
): Resizer<Uint8Array> {
  const [width, height] = uprightSides(stored)
  if (filter === 'nearest') {
    const columns = nearest(width, outWidth, window.left, window.width)
    const rows = nearest(height, outHeight, window.top, window.height)
    return new NearestResizer(stored, columns, rows)
  }
  const { swap, mirrorX, mirrorY } = AXES[stored.orientation]
  const across = weights(FILTERS[filter], width, outWidth, window.left, window.width)
  const down = weights(FILTERS[filter], height, outHeight, window.top, window.height)
  const [along, between] = swap ? [down, across] : [across, down]
  const lostRows = height - outHeight
  const downFirst = lostRows > 0 && lostRows > 2 * (width - outWidth)
  const sides = {
    width: stored.width,
    along: mirrorX ? mirrored(along, stored.width) : along,
    between: mirrorY ? mirrored(between, stored.height) : between,
    swap,
  }
  return downFirst === swap ? new RowsFirst(sides) : new ColumnsFirst(sides)
}

/** The weights for both axes of the picture as it is stored. */
interface Sides {
  /** Of a stored row, in pixels. */
  readonly width: number
  /** Within a row. */
  readonly along: Weights
  /** From row to row. */
  readonly between: Weights
  /** Whether stored columns are rows of the upright picture. */
  readonly swap: boolean
}

/** Every row is resized when it comes; at the end the columns of what that gave. */
class RowsFirst implements Resizer<Uint8Array> {
  readonly #sides: Sides
  /** The first row that is needed, and how many. */
  readonly #top: number
  readonly #rows: number
  /** `[rows, along, 3]` */
  readonly #narrowed: Uint8ClampedArray

  constructor(sides: Sides) {
    const { first, count } = sides.between
    this.#sides = sides
    this.#top = first.reduce((least, from) => Math.min(least, from), Number.POSITIVE_INFINITY)
    this.#rows = first.reduce((most, from, i) => Math.max(most, from + count[i]!), 0) - this.#top
    this.#narrowed = new Uint8ClampedArray(this.#rows * sides.along.first.length * 3)
  }

  put(y: number, rows: Uint8Array): void {
    const { width, along } = this.#sides
    const bytes = 3 * width
    const from = Math.max(y, this.#top)
    const to = Math.min(y + rows.length / bytes, this.#top + this.#rows)
    if (from >= to) return
    const out = this.#narrowed.subarray((from - this.#top) * along.first.length * 3)
    const input = rows.subarray((from - y) * bytes, (to - y) * bytes)
    pass(input, { outer: to - from, inSize: width, inner: 3 }, along, out)
  }

  finish(): Uint8Array {
    const { along, between, swap } = this.#sides
    const [width, height] = [along.first.length, between.first.length]
    const shifted = { ...between, first: between.first.map((from) => from - this.#top) }
    const out = new Uint8ClampedArray(height * width * 3)
    const shape = { outer: 1, inSize: this.#rows, inner: 3 * width }
    pass(new Uint8Array(this.#narrowed.buffer), shape, shifted, out)
    return uprightPixels(out, width, height, swap)
  }
}

/** Every row is added to the rows of the result that it is part of; at the end these are resized. */
class ColumnsFirst implements Resizer<Uint8Array> {
  readonly #sides: Sides
  /** Of rows that are not complete, by their index. */
  readonly #sums = new Map<number, Int32Array>()
  readonly #spare: Int32Array[] = []
  /** `[between, width, 3]` */
  readonly #flattened: Uint8ClampedArray

  constructor(sides: Sides) {
    this.#sides = sides
    this.#flattened = new Uint8ClampedArray(sides.between.first.length * sides.width * 3)
  }

  put(y: number, rows: Uint8Array): void {
    const bytes = 3 * this.#sides.width
    for (let start = 0, row = y; start < rows.length; start += bytes, row++) {
      this.#add(row, rows.subarray(start, start + bytes))
    }
  }

  #add(y: number, row: Uint8Array): void {
    const { first, count, values, stride } = this.#sides.between
    for (let i = 0; i < first.length; i++) {
      const k = y - first[i]!
      if (k < 0 || k >= count[i]!) continue
      const sums = this.#sums.get(i) ?? this.#spare.pop() ?? new Int32Array(row.length)
      if (k === 0) sums.fill(HALF)
      const weight = values[i * stride + k]!
      for (let c = 0; c < row.length; c++) sums[c]! += Math.imul(row[c]!, weight)
      this.#sums.set(i, sums)
      if (k < count[i]! - 1) continue
      const out = this.#flattened.subarray(i * row.length, (i + 1) * row.length)
      for (let c = 0; c < row.length; c++) out[c] = sums[c]! >> PRECISION
      this.#sums.delete(i)
      this.#spare.push(sums)
    }
  }

  finish(): Uint8Array {
    const { width: inSize, along, between, swap } = this.#sides
    const [width, height] = [along.first.length, between.first.length]
    const out = new Uint8ClampedArray(height * width * 3)
    pass(new Uint8Array(this.#flattened.buffer), { outer: height, inSize, inner: 3 }, along, out)
    return uprightPixels(out, width, height, swap)
  }
}

/** `[height, width, 3]`, or with its axes swapped. */
function uprightPixels(
  pixels: Uint8ClampedArray,
  width: number,
  height: number,
  swap: boolean,
): Uint8Array {
  const data = new Uint8Array(pixels.buffer)
  if (!swap) return data
  const turned = new UprightImage(width, height, 5)
  turned.put(0, data)
  return turned.data
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

class NearestResizer implements Resizer<Uint8Array> {
  readonly #picked: Picked
  readonly #columns: Int32Array
  readonly #rows: Int32Array

  constructor(stored: Stored, columns: Int32Array, rows: Int32Array) {
    this.#picked = new Picked(stored, [columns], [rows])
    this.#columns = this.#picked.columnOffsets(columns)
    this.#rows = this.#picked.rowOffsets(rows)
  }

  put(y: number, rows: Uint8Array): void {
    this.#picked.put(y, rows)
  }

  finish(): Uint8Array {
    const data = new Uint8Array(this.#rows.length * this.#columns.length * 3)
    let to = 0
    for (const row of this.#rows) {
      for (const column of this.#columns) {
        for (let c = 0; c < 3; c++) data[to++] = this.#picked.data[row + column + c]!
      }
    }
    return data
  }
}
