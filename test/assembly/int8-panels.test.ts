import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Quantization } from '../../assembly/tape.ts'
import { integerSteps, SCALE_STEPS } from '../../src/backends/wasm/builds/builds.ts'
import {
  dequantize,
  type Int8Matrix,
  paddedInputs,
  quantizeRows,
} from '../../src/quantization/int8.ts'
import { gaussian, random } from '../random.ts'
import { unpackedColumn } from './integers.ts'
import { loadKernels, type TestKernels } from './kernels.ts'

// A file's integers must become the panels that quantising `scale * q` makes, whoever made the file.

const inners = [1, 2, 3, 7, 8, 9, 16, 24, 41, 100, 768]

/** What a file may hold, `[columns, inner]` with a scale per column. */
const files: Record<string, (columns: number, inner: number) => Int8Matrix> = {
  'made by our rule': (columns, inner) =>
    quantizeRows(gaussian(inner, columns * inner, 0.05), columns, inner),
  'made by our rule, with outliers': (columns, inner) => {
    const next = random(inner)
    const matrix = gaussian(inner, columns * inner, 0.05).map((x) => (next() < 0.02 ? 20 * x : x))
    return quantizeRows(matrix, columns, inner)
  },
  'of weights alike, whose groups decide': (columns, inner) =>
    quantizeRows(
      Float32Array.from({ length: columns * inner }, (_, i) => (i % 3 ? 0.37 : -0.36)),
      columns,
      inner,
    ),
  'with any integers': (columns, inner) => foreign(columns, inner, () => 0.01),
  'with small integers': (columns, inner) => {
    const { values, scales } = foreign(columns, inner, () => 0.3)
    return { values: values.map((q) => q >> 4), scales }
  },
  'with scales of all sizes': (columns, inner) => {
    const some = [0, 1e-45, 3e-44, 1e-39, 1e-38, 1.2e-38, 1e-30, 1, -1, -0.02, 1e36, 2e36, 3e38]
    const own = quantizeRows(gaussian(inner, columns * inner), columns, inner)
    return { ...own, scales: own.scales.map((_, i) => some[(i + inner) % some.length]!) }
  },
  'with scales that are not numbers or infinite': (columns, inner) =>
    foreign(columns, inner, (i) => [Number.NaN, 1, Number.POSITIVE_INFINITY, 2][i % 4]!),
}

function foreign(columns: number, inner: number, scale: (column: number) => number): Int8Matrix {
  const next = random(columns + inner)
  return {
    values: Int8Array.from({ length: columns * inner }, () => Math.floor(next() * 256) - 128),
    scales: Float32Array.from({ length: columns }, (_, i) => scale(i)),
  }
}

for (const shared of [false, true]) {
  for await (const kernels of loadKernels(shared)) {
    const name = `${kernels.build.name}${shared ? '-threads' : ''}`
    for (const [kind, make] of Object.entries(files)) {
      test(`${name}: int8 ${kind} becomes the panels of its floats`, () => {
        for (const inner of inners) check(kernels, make, inner)
      })
    }
  }
}

/** Two panels, the second with columns to spare. */
function check(kernels: TestKernels, make: (typeof files)[string], inner: number): void {
  const { build, exports, floats, scratch } = kernels
  const columns = build.panel + 3
  const file = make(columns, inner)
  const rows = paddedInputs(inner)
  const panelBytes = (integerSteps(build, inner) + SCALE_STEPS) * build.panel * 4
  const [found, expected, source, room] = [0, 1, 2, 3].map((i) => scratch + i * (1 << 20)) as [
    ...[number, number, number, number],
  ]
  floats.fill(0, scratch / 4, (scratch + (4 << 20)) / 4)

  const bytes = new Int8Array(floats.buffer)
  const next = random(inner)
  for (let start = 0; start < file.values.length; ) {
    const count = Math.min(1 + Math.floor(next() * 3 * inner), file.values.length - start)
    const first = Math.floor(start / inner)
    floats.set(file.scales.subarray(first), source / 4)
    bytes.set(file.values.subarray(start, start + count), room)
    exports.packInt8Panels(room, source, count, found, inner, 0, start)
    start += count
  }

  const whole = new Float32Array(file.values.length)
  dequantize(file.values, 0, inner, file.scales, whole)
  for (let panel = 0; panel < 2; panel++) {
    floats.fill(0, source / 4, room / 4)
    for (let j = 0; j < build.panel && panel * build.panel + j < columns; j++) {
      for (let k = 0; k < inner; k++) {
        floats[source / 4 + k * build.panel + j] = whole[(panel * build.panel + j) * inner + k]!
      }
    }
    const at = panel * panelBytes
    exports.dequantizePanel(found + at, room, inner)
    const length = rows * build.panel
    const back = floats.slice(room / 4, room / 4 + length)
    const floatsOf = floats.slice(source / 4, source / 4 + length)
    // Rows to spare of a column whose scale is not finite may be anything.
    if (file.scales.every(Number.isFinite)) assert.equal(back.map(plus0), floatsOf.map(plus0))
    exports.quantizePanel(source, expected + at, room, inner, Quantization.Int8)
    exports.settleInt8Panel(found + at, room, inner)
    comparePanels(kernels, found + at, expected + at, inner)
  }

  const rule = quantizeRows(whole, columns, inner)
  for (let column = 0; column < columns; column++) {
    const [panel, j] = [Math.floor(column / build.panel), column % build.panel]
    const from = (found + panel * panelBytes) / 4
    const steps = integerSteps(build, inner) * build.panel
    const scale = floats[from + steps + j]!
    assert.ok(Object.is(scale, rule.scales[column]!), `scale ${scale} of ${file.scales[column]}`)
    if (Number.isNaN(scale)) continue
    const words = new Int32Array(floats.buffer).slice(from, from + steps)
    const values = Array.from(rule.values.subarray(column * inner, (column + 1) * inner))
    assert.equal(unpackedColumn(build, words, j, inner), values)
  }
}

/** The same bits, but for what stands beside a scale that is not a number. */
function comparePanels(
  { build, floats }: TestKernels,
  found: number,
  expected: number,
  inner: number,
): void {
  const words = new Int32Array(floats.buffer)
  const steps = integerSteps(build, inner)
  for (let column = 0; column < build.panel; column++) {
    const scaleAt = steps * build.panel + column
    const scale = floats[expected / 4 + scaleAt]!
    if (Number.isNaN(scale)) assert.ok(Number.isNaN(floats[found / 4 + scaleAt]))
    else {
      for (let step = 0; step < steps + SCALE_STEPS; step++) {
        const at = step * build.panel + column
        assert.is(words[found / 4 + at], words[expected / 4 + at], `${step} of ${column}, ${inner}`)
      }
    }
  }
}

const plus0 = (value: number) => value + 0

test.run()
