import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { gaussian } from '../random.ts'
import { loadKernels, type TestKernels } from './kernels.ts'

// A sum of `inner` products in f32, in any order, is off by at most (inner + 2) half-ulps of the sum
// of their magnitudes (Higham, section 3.1).
const bound = (inner: number, magnitude: number) => (inner + 2) * 2 ** -24 * magnitude

const inners = [1, 2, 3, 4, 5, 7, 8, 13, 64, 513]

for await (const kernels of loadKernels()) {
  const { build, exports } = kernels
  const [fullRows, columns] = [exports.MR.value as number, exports.NR.value as number]
  for (let rows = 1; rows <= fullRows; rows++) {
    const name = `f32_gemm_${rows}x${columns}_${build.relaxed ? 'relaxed' : 'simd'}` as const
    test(`${name} is within (k + 2) half-ulps of float64, with and without residual`, () => {
      for (const inner of inners) {
        for (const withResidual of [false, true])
          checkTile(kernels, name, rows, inner, withResidual)
      }
    })
  }

  test(`${build.name}: NaN and infinity reach the products that they belong to, and no others`, () => {
    const a = gaussian(1, fullRows * 3)
    a[0] = Number.NaN
    const infinite = fullRows + 1
    a[infinite] = Number.POSITIVE_INFINITY
    const name = `f32_gemm_${fullRows}x${columns}_${build.relaxed ? 'relaxed' : 'simd'}` as const
    const found = runTile(kernels, name, fullRows, a, gaussian(2, 3 * columns).fill(1), undefined)
    for (let i = 0; i < fullRows; i++) {
      for (let j = 0; j < columns; j++) {
        const value = found[i * columns + j]!
        if (i === 0) assert.ok(Number.isNaN(value))
        else if (i === 1) assert.is(value, Number.POSITIVE_INFINITY)
        else assert.ok(Number.isFinite(value))
      }
    }
  })

  test(`${build.name}: weights arrive in panels whole, in pieces, transposed, at any offset`, () => {
    for (const [inner, all, row, column, rows, columns, transposed] of [
      [5, 19, 0, 0, 5, 19, 0],
      [5, 19, 0, 0, 5, 19, 1],
      [7, 40, 2, 3, 4, 30, 0],
      [7, 40, 2, 3, 4, 30, 1],
      [1, 1, 0, 0, 1, 1, 0],
      [64, 48, 0, 16, 64, 32, 1],
    ] as const) {
      for (const step of [1, 3, 17, 10_000]) {
        checkPanels(kernels, { inner, all, row, column, rows, columns, transposed, step })
      }
    }
  })
}

interface PanelCase {
  inner: number
  all: number
  row: number
  column: number
  rows: number
  columns: number
  transposed: 0 | 1
  step: number
}

function checkPanels({ exports, floats, scratch }: TestKernels, c: PanelCase): void {
  const values = gaussian(c.step, c.rows * c.columns)
  const panel = exports.NR.value as number
  const panels = scratch + 65536
  const size = Math.ceil(c.all / panel) * panel * c.inner
  floats.fill(0, panels / 4, panels / 4 + size)
  for (let start = 0; start < values.length; start += c.step) {
    const part = values.subarray(start, start + c.step)
    floats.set(part, scratch / 4)
    exports.packPanels(
      ...([scratch, part.length, panels, c.inner, c.row, c.column] as const),
      ...([c.rows, c.columns, c.transposed, start] as const),
    )
  }
  const expected = new Float32Array(size)
  for (let i = 0; i < values.length; i++) {
    const line = c.transposed ? c.rows : c.columns
    const [major, minor] = [Math.floor(i / line), i % line]
    const k = c.row + (c.transposed ? minor : major)
    const j = c.column + (c.transposed ? major : minor)
    expected[(Math.floor(j / panel) * c.inner + k) * panel + (j % panel)] = values[i]!
  }
  assert.equal(floats.slice(panels / 4, panels / 4 + size), expected)
}

function checkTile(
  kernels: TestKernels,
  name: `f32_gemm_${string}`,
  rows: number,
  inner: number,
  withResidual: boolean,
): void {
  const columns = kernels.exports.NR.value as number
  const a = gaussian(inner, rows * inner)
  const b = gaussian(inner + 1, inner * columns)
  const residual = withResidual ? gaussian(5, rows * columns) : undefined
  const found = runTile(kernels, name, rows, a, b, residual)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const start = biasOf(columns)[j]! + (residual?.[i * columns + j] ?? 0)
      let [sum, magnitude] = [start, Math.abs(start)]
      for (let k = 0; k < inner; k++) {
        const product = a[k * rows + i]! * b[k * columns + j]!
        sum += product
        magnitude += Math.abs(product)
      }
      const error = Math.abs(found[i * columns + j]! - sum)
      assert.ok(error <= bound(inner, magnitude), `${name} k = ${inner}: off by ${error}`)
    }
  }
}

const biasOf = (columns: number) => gaussian(9, columns)

/** C of one tile. Its rows stand further apart than they are long; what lies between must stay. */
function runTile(
  { exports, floats, scratch }: TestKernels,
  name: `f32_gemm_${string}`,
  rows: number,
  a: Float32Array,
  b: Float32Array,
  residual: Float32Array | undefined,
): Float32Array {
  const columns = exports.NR.value as number
  const gap = 4
  const stride = (columns + gap) * 4
  const [aAt, bAt, cAt, biasAt, rAt] = [0, 1, 2, 3, 4].map((i) => scratch + i * 65536)
  floats.set(a, aAt! / 4)
  floats.set(b, bAt! / 4)
  floats.set(biasOf(columns), biasAt! / 4)
  if (residual) floats.set(residual, rAt! / 4)
  floats.fill(-7, cAt! / 4, cAt! / 4 + (rows + 1) * (columns + gap))
  const inner = b.length / columns
  exports[name]!(aAt!, bAt!, cAt!, stride, inner, biasAt!, residual ? rAt! : 0, columns * 4)
  const out = new Float32Array(rows * columns)
  for (let row = 0; row <= rows; row++) {
    const at = cAt! / 4 + row * (columns + gap)
    if (row < rows) out.set(floats.subarray(at, at + columns), row * columns)
    const untouched = floats.subarray(row < rows ? at + columns : at, at + columns + gap)
    assert.ok(
      untouched.every((value) => value === -7),
      `${name} wrote beyond its tile`,
    )
  }
  return out
}

test.run()
