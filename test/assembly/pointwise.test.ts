import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Activation } from '../../assembly/tape.ts'
import { softmax } from '../../src/backends/reference/ops/attention.ts'
import { geluErf, geluTanh, quickGelu, silu } from '../../src/backends/reference/ops/gelu.ts'
import { normalize } from '../../src/backends/reference/ops/layer-norm.ts'
import { rmsNormalize } from '../../src/backends/reference/ops/rms-norm.ts'
import { gaussian } from '../random.ts'
import { loadKernels, type TestKernels } from './kernels.ts'

// The bound of each function: relative to the result, or to `floor` where the result is smaller.
interface Pointwise {
  readonly name: 'rowGeluErf' | 'rowSigmoid' | 'rowTanh'
  /** Of the kernel that several activations share: which it is. */
  readonly activation?: Activation
  readonly reference: (x: number) => number
  readonly relative: number
  readonly floor: number
}

const functions: readonly Pointwise[] = [
  { name: 'rowGeluErf', reference: geluErf, relative: 5e-6, floor: 1e-30 },
  {
    ...{ name: 'rowSigmoid', activation: Activation.GeluTanh },
    ...{ reference: geluTanh, relative: 1e-5, floor: 1e-30 },
  },
  {
    ...{ name: 'rowSigmoid', activation: Activation.QuickGelu },
    ...{ reference: quickGelu, relative: 1e-5, floor: 1e-30 },
  },
  {
    ...{ name: 'rowSigmoid', activation: Activation.Silu },
    ...{ reference: silu, relative: 5e-7, floor: 1e-29 },
  },
  { name: 'rowTanh', reference: Math.tanh, relative: 2e-7, floor: 1 },
]

function* arguments32(): Generator<number> {
  for (let x = -15; x <= 15; x += 0.0037) yield Math.fround(x)
  for (let e = -40; e <= 38; e++) {
    yield Math.fround(10 ** e)
    yield Math.fround(-(10 ** e))
  }
  yield* [0, -0]
}

for await (const kernels of loadKernels()) {
  for (const tested of functions) {
    const { reference, relative, floor } = tested
    const name = tested.activation === undefined ? tested.name : Activation[tested.activation]
    test(`${kernels.build.name} ${name} is within ${relative} of float64`, () => {
      for (const x of arguments32()) {
        const found = apply(kernels, tested, x)
        const expected = reference(x)
        const error = Math.abs(found - expected) / Math.max(Math.abs(expected), floor)
        assert.ok(error <= relative, `${name}(${x}) = ${found}, expected ${expected}: ${error}`)
      }
    })

    test(`${kernels.build.name} ${name} passes NaN and the limits on`, () => {
      const { floats, scratch } = kernels
      for (const bits of [0x7fc00000, 0xffc00000, 0x7fc00001, 0x7f800001]) {
        new Uint32Array(floats.buffer, scratch, 1)[0] = bits
        run(kernels, tested)
        assert.ok(Number.isNaN(floats[scratch / 4]!))
      }
      for (const x of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const expected = reference(x)
        const found = apply(kernels, tested, x)
        assert.ok(
          Math.abs(found - expected) < 1e-30 || found === expected,
          `${name}(${x}) = ${found}`,
        )
      }
    })
  }

  for (const [table, reference] of [
    ['NEAR_ERF', geluErf],
    ['NEAR_TANH', geluTanh],
  ] as const) {
    test(`${kernels.build.name} rowGeluNear, ${table}, is within 7e-5 of float64`, () => {
      const { floats, exports, scratch } = kernels
      const near = (x: number) => {
        floats.fill(x, scratch / 4, scratch / 4 + kernels.build.panel)
        exports.rowGeluNear(scratch, exports[table].value)
        return floats[scratch / 4 + 3]!
      }
      for (const x of arguments32()) {
        const error = Math.abs(near(x) - reference(x))
        // What is small is off in proportion.
        const bound = Math.min(7e-5, 3e-4 * Math.abs(x)) + 1e-7 * Math.abs(x)
        assert.ok(error <= bound, `${x}: off by ${error}`)
      }
      assert.ok(Number.isNaN(near(Number.NaN)))
      assert.is(near(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY)
      assert.ok(Math.abs(near(Number.NEGATIVE_INFINITY)) <= 7e-5)
    })
  }

  test(`${kernels.build.name} softmax is within 1e-6 of float64, and NaN and infinity give NaN`, () => {
    const { exports, floats, scratch } = kernels
    const columns = exports.NR.value as number
    for (const rows of [1, 2, 3, 5, 7, 17, 197]) {
      const inputs = gaussian(rows, rows * columns, 4)
      if (rows > 2) {
        inputs[columns] = Number.NaN
        inputs[columns + 1] = Number.POSITIVE_INFINITY
        inputs[columns + 2] = Number.NEGATIVE_INFINITY
        inputs[columns + 3] = 3e38
      }
      floats.set(inputs, scratch / 4)
      const inverse = scratch + inputs.byteLength
      exports.softmaxColumns(scratch, rows, inverse)
      for (let column = 0; column < columns; column++) {
        const expected = Float64Array.from(
          { length: rows },
          (_, i) => inputs[i * columns + column]!,
        )
        softmax(expected)
        for (let row = 0; row < rows; row++) {
          const e = floats[scratch / 4 + row * columns + column]!
          const found = e * floats[inverse / 4 + column]!
          if (Number.isNaN(expected[row]!)) assert.ok(Number.isNaN(found))
          else assert.ok(Math.abs(found - expected[row]!) <= 1e-6, `${found} ${expected[row]}`)
        }
      }
    }
  })

  test(`${kernels.build.name} layer norm is within 3e-6 of float64, tails and flat rows too`, () => {
    const { exports, floats, scratch } = kernels
    for (const columns of [1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 192, 1280]) {
      for (const [mean, deviation] of [
        [0, 1],
        [100, 1],
        [-3, 1e-4],
        [5, 0],
      ] as const) {
        const x = gaussian(columns, columns, deviation).map((value) => value + mean)
        const scale = gaussian(2, columns)
        const bias = gaussian(3, columns)
        const at = [0, 1, 2, 3].map((i) => scratch + i * 8192)
        floats.set(x, at[0]! / 4)
        floats.set(scale, at[1]! / 4)
        floats.set(bias, at[2]! / 4)
        exports.layerNormRow(at[0]!, at[3]!, at[1]!, at[2]!, columns, 1e-6, 0)
        const wide = (data: Float32Array) => ({
          shape: [1, columns] as const,
          data: Float64Array.from(data),
        })
        const expected = normalize(wide(x), wide(scale), wide(bias), Math.fround(1e-6)).data
        // What rounding the mean to f32 leaves: half an ulp of it, divided by the deviation.
        const bound = 3e-6 + (Math.abs(mean) * 2 ** -23) / Math.sqrt(deviation ** 2 + 1e-6)
        for (let i = 0; i < columns; i++) {
          const error = Math.abs(floats[at[3]! / 4 + i]! - expected[i]!)
          assert.ok(error <= bound * 4, `columns ${columns}, mean ${mean}: off by ${error}`)
        }
      }
    }
  })

  test(`${kernels.build.name} RMS norm is within 1e-6 of float64, relative to its largest value`, () => {
    const { exports, floats, scratch } = kernels
    const [x, scale, zeros, y] = [0, 1, 2, 3].map((i) => scratch + i * 8192) as [
      ...[number, number, number, number],
    ]
    for (const columns of [1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 192, 1280]) {
      for (const [mean, deviation] of [
        [0, 1],
        [100, 1],
        [-3, 1e-4],
        [0, 0],
      ] as const) {
        const values = gaussian(columns, columns, deviation).map((value) => value + mean)
        floats.set(values, x / 4)
        floats.set(gaussian(2, columns), scale / 4)
        floats.fill(0, zeros / 4, zeros / 4 + columns)
        exports.layerNormRow(x, y, scale, zeros, columns, 1e-6, 1)
        const wide = (data: Float32Array) => ({
          shape: [1, columns] as const,
          data: Float64Array.from(data),
        })
        const eps = Math.fround(1e-6)
        const expected = rmsNormalize(wide(values), wide(gaussian(2, columns)), eps).data
        const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
        for (let i = 0; i < columns; i++) {
          const error = Math.abs(floats[y / 4 + i]! - expected[i]!) / largest
          assert.ok(error <= 1e-6, `columns ${columns}, mean ${mean}: off by ${error}`)
        }
      }
    }
  })
}

function apply(kernels: TestKernels, tested: Pointwise, x: number): number {
  const { floats, scratch } = kernels
  floats[scratch / 4] = x
  run(kernels, tested)
  return floats[scratch / 4]!
}

function run({ exports, scratch }: TestKernels, { name, activation }: Pointwise): void {
  if (name === 'rowSigmoid') {
    exports.rowSigmoid(scratch, exports.SIGMOIDS.value + 16 * (activation! - Activation.GeluTanh))
  } else exports[name](scratch)
}

test.run()
