import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Quantization } from '../../assembly/tape.ts'
import { type Build, integerSteps, SCALE_STEPS } from '../../src/backends/wasm/builds/builds.ts'
import { quantizeRows } from '../../src/quantization/int8.ts'
import { quantizeRows16 } from '../../src/quantization/int16.ts'
import { gaussian, random } from '../random.ts'
import { integerLimits, packRows, quantizedRow, unpackedColumn } from './integers.ts'
import { loadKernels, type TestKernels } from './kernels.ts'

// Everything here is exact: what is not an integer is rounded in f32 in a known order.

const inners = [1, 2, 3, 7, 8, 9, 15, 16, 17, 64, 100, 512]
const { fround } = Math

const quantizationsOf = ({ integers }: Build) =>
  integers.perStep === 4 ? [Quantization.Int8] : [Quantization.Int16, Quantization.Int8]

for await (const kernels of loadKernels()) {
  const { build, exports } = kernels
  const type = build.integers.perStep === 4 ? 'i8' : 'i16'
  const columns = build.panel
  for (let rows = 1; rows <= exports.INTEGER_MR.value; rows++) {
    const kind = build.name.startsWith('dot') ? 'i8dot' : type
    const name = `${kind}_gemm_${rows}x${columns}_${build.relaxed ? 'relaxed' : 'simd'}` as const
    test(`${name} is exact, and scales as f32 does`, () => {
      for (const inner of inners) {
        const limits = integerLimits(type)
        const next = random(inner)
        const pick = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
        const a = Array.from({ length: rows * inner }, () => pick(limits.left[0], limits.left[1]))
        const b = Array.from({ length: inner * columns }, () =>
          pick(limits.right[0], limits.right[1]),
        )
        const zeros = Array.from({ length: rows }, () => pick(0, limits.left[1]))
        checkTile(kernels, name, { rows, inner, a, b, zeros }, true)
        checkTile(kernels, name, { rows, inner, a, b, zeros }, false)
      }
    })

    test(`${name} is exact where sums are as large as they get`, () => {
      const inner = 1024
      for (const [x, y] of [
        [1, 1],
        [1, -1],
        [-1, -1],
      ] as const) {
        const { left } = integerLimits(type)
        const a = new Array(rows * inner).fill(x > 0 || type === 'i8' ? left[1] : left[0])
        // Of each eight weights of 8 bits, those of 0 1 4 5 and of 2 3 6 7 add up to 256 at most.
        const b = Array.from({ length: inner * columns }, (_, i) => {
          const k = Math.floor(i / columns) % 8
          return y * (type === 'i16' ? 1023 : k < 4 ? 127 : 1)
        })
        for (const zero of [0, type === 'i8' ? 127 : 0]) {
          const zeros = new Array(rows).fill(zero)
          checkTile(kernels, name, { rows, inner, a, b, zeros }, false)
        }
      }
    })
  }

  for (const quantization of quantizationsOf(build)) {
    const mode = Quantization[quantization]
    test(`${build.name}: rows are quantised to ${mode} and packed as the model says`, () => {
      for (const columns of [1, 2, 3, 5, 7, 8, 13, 16, 17, 31, 33, 64, 192]) {
        for (const rows of [1, 2, 3, 4, 7]) {
          const values = Array.from({ length: rows }, (_, row) => rowOf(row + columns, columns))
          checkRows(kernels, quantization, values)
        }
      }
    })

    test(`${build.name}: rows that are zero, tiny, huge, infinite or not numbers, in ${mode}`, () => {
      for (const columns of [1, 9, 16, 40]) {
        const of = (...cycle: number[]) =>
          Float32Array.from({ length: columns }, (_, i) => cycle[i % cycle.length]!)
        const rows = [
          ...[of(0), of(-0), of(1e-38, -1e-40), of(3e38, -3e38), of(5), of(-5), of(0.5, 1.5, 127)],
          ...[of(1, Number.NaN), of(2, 1, Number.NaN, 3), of(Number.POSITIVE_INFINITY, 1)],
        ]
        checkRows(kernels, quantization, rows)
      }
    })

    test(`${build.name}: weights are quantised to ${mode} as the model says`, () => {
      for (const inner of [1, 2, 3, 7, 8, 9, 24, 100, 768]) {
        for (const kind of ['gaussian', 'tails', 'halves', 'equal', 'zeros'] as const) {
          checkPanel(kernels, quantization, inner, kind)
        }
      }
    })
  }

  test(`${build.name}: weights that are not finite make a column's scale NaN, and no other`, () => {
    for (const quantization of quantizationsOf(build)) {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const matrix = gaussian(3, 20 * columns)
        matrix[5 * columns + 3] = bad
        const { scales } = quantizePanel(kernels, quantization, matrix, 20)
        scales.forEach((scale, column) => {
          assert.is(Number.isNaN(scale), column === 3)
        })
      }
    }
  })
}

interface TileCase {
  readonly rows: number
  readonly inner: number
  /** Integers `[rows, inner]`. */
  readonly a: readonly number[]
  /** Integers `[inner, columns]`. */
  readonly b: readonly number[]
  readonly zeros: readonly number[]
}

/** One tile of a product, to the bit. */
function checkTile(
  { build, exports, floats, scratch }: TestKernels,
  name: `${string}_gemm_${string}`,
  { rows, inner, a, b, zeros }: TileCase,
  withResidual: boolean,
): void {
  const columns = build.panel
  const steps = integerSteps(build, inner)
  const next = random(rows + inner)
  const some = (count: number) => Float32Array.from({ length: count }, () => next() * 2 - 1)
  const [rowScales, scales, bias] = [some(rows), some(columns), some(columns)]
  const residual = some(rows * columns)
  const sums = scales.map((_, j) => {
    let sum = 0
    for (let k = 0; k < inner; k++) sum += b[k * columns + j]!
    return sum
  })
  const ints = new Int32Array(floats.buffer)
  const [aAt, bAt, cAt, biasAt, rAt] = [0, 1, 2, 3, 4].map((i) => (scratch + i * 131072) / 4) as [
    ...[number, number, number, number, number],
  ]
  ints.set(
    packRows(build, rows, inner, (row, k) => a[row * inner + k]!),
    aAt,
  )
  floats.set(rowScales, aAt + steps * rows)
  ints.set(zeros, aAt + (steps + 1) * rows)
  ints.set(
    packRows(build, columns, inner, (column, k) => b[k * columns + column]!),
    bAt,
  )
  floats.set(scales, bAt + steps * columns)
  ints.set(sums, bAt + (steps + 1) * columns)
  floats.set(bias, biasAt)
  floats.set(residual, rAt)
  const stride = columns + 4
  floats.fill(-7, cAt, cAt + rows * stride)
  const addresses = [aAt * 4, bAt * 4, cAt * 4, stride * 4, steps, biasAt * 4] as const
  exports[name]!(...addresses, withResidual ? rAt * 4 : 0, columns * 4)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = -zeros[i]! * sums[j]!
      for (let k = 0; k < inner; k++) sum += a[i * inner + k]! * b[k * columns + j]!
      const scaled = fround(fround(sum) * fround(rowScales[i]! * scales[j]!))
      let expected = fround(scaled + bias[j]!)
      if (withResidual) expected = fround(expected + residual[i * columns + j]!)
      const found = floats[cAt + i * stride + j]
      if (Object.is(found, expected)) continue
      assert.is(found, expected, `${name} k = ${inner} at ${i}, ${j}`)
    }
    const gap = floats.subarray(cAt + i * stride + columns, cAt + (i + 1) * stride)
    assert.ok(gap.every((value) => value === -7))
  }
}

/** One-sided, two-sided and shifted rows in turn. */
function rowOf(seed: number, columns: number): Float32Array {
  const values = gaussian(seed, columns, 3)
  if (seed % 3 === 0) return values.map((x) => Math.max(x, -0.17))
  return seed % 3 === 1 ? values : values.map((x) => x + 20)
}

function checkRows(
  { build, exports, floats, scratch }: TestKernels,
  quantization: Quantization,
  values: readonly Float32Array[],
): void {
  const [rows, columns] = [values.length, values[0]!.length]
  const steps = integerSteps(build, columns)
  const source = scratch / 4
  const packed = source + 65536
  const ints = new Int32Array(floats.buffer)
  const words = rows * (steps + SCALE_STEPS)
  ints.fill(0x55555555, packed, packed + words + 1)
  values.forEach((row, i) => {
    floats.set(row, source)
    exports.packIntegerRow(source * 4, packed * 4, i, rows, columns, quantization)
  })
  const height = exports.INTEGER_MR.value as number
  let at = packed
  for (let top = 0; top < rows; top += height) {
    const tile = values.slice(top, top + height).map((row) => quantizedRow(row, quantization))
    const expected = packRows(build, tile.length, columns, (row, k) => tile[row]!.integers[k]!)
    const finite = tile.every(({ scale }) => Number.isFinite(scale))
    // What stands beside a scale that is not finite does not count.
    if (finite) assert.equal(ints.slice(at, at + expected.length), expected)
    at += expected.length
    tile.forEach(({ scale, zero }, i) => {
      assert.ok(Object.is(floats[at + i], scale), `scale of ${values[top + i]}`)
      if (finite) assert.is(ints[at + tile.length + i], zero)
    })
    at += 2 * tile.length
  }
  assert.is(at, packed + words)
  assert.is(ints[at], 0x55555555)
}

function quantizePanel(
  { build, exports, floats, scratch }: TestKernels,
  quantization: Quantization,
  matrix: Float32Array,
  inner: number,
): { words: Int32Array; scales: Float32Array; sums: Int32Array } {
  const columns = build.panel
  const [source, target, room] = [0, 1, 2].map((i) => scratch + i * 131072) as [
    ...[number, number, number],
  ]
  floats.fill(0, source / 4, target / 4)
  floats.set(matrix, source / 4)
  exports.quantizePanel(source, target, room, inner, quantization)
  const words = integerSteps(build, inner) * columns
  const ints = new Int32Array(floats.buffer)
  const at = target / 4 + words
  return {
    words: ints.slice(target / 4, at),
    scales: floats.slice(at, at + columns),
    sums: ints.slice(at + columns, at + 2 * columns),
  }
}

function checkPanel(
  kernels: TestKernels,
  quantization: Quantization,
  inner: number,
  kind: 'gaussian' | 'tails' | 'halves' | 'equal' | 'zeros',
): void {
  const { build } = kernels
  const columns = build.panel
  const next = random(inner)
  const matrix = gaussian(inner, inner * columns, 0.05).map((x) => {
    if (kind === 'tails') return next() < 0.02 ? x * 20 : x
    // Quotients that lie in the middle of two integers.
    if (kind === 'halves') return Math.round(x * 200) / 2 ** 8
    return kind === 'equal' ? 0.25 : kind === 'zeros' && next() < 0.7 ? 0 : x
  })
  if (kind === 'zeros') for (let k = 0; k < inner; k++) matrix[k * columns + 1] = 0
  const found = quantizePanel(kernels, quantization, matrix, inner)
  const transposed = Float32Array.from(matrix, (_, i) => {
    return matrix[(i % inner) * columns + Math.floor(i / inner)]!
  })
  const expected =
    quantization === Quantization.Int8
      ? quantizeRows(transposed, columns, inner)
      : quantizeRows16(transposed, columns, inner)
  assert.equal(found.scales, expected.scales, `scales, ${kind}, ${inner} rows`)
  for (let column = 0; column < columns; column++) {
    const values = Array.from(expected.values.subarray(column * inner, (column + 1) * inner))
    assert.equal(unpackedColumn(build, found.words, column, inner), values, `${kind} ${inner}`)
    assert.is(
      found.sums[column],
      values.reduce((a, b) => a + b, 0),
    )
  }
}

test.run()
