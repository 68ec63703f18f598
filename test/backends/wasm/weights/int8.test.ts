import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Model, Region } from '../../../../src/backends/backend.ts'
import { createWasmBackend } from '../../../../src/backends/wasm/wasm.ts'
import { ArgumentError } from '../../../../src/errors.ts'
import { ProgramBuilder } from '../../../../src/program/builder.ts'
import { linear } from '../../../../src/program/layers/linear.ts'
import { dequantize, quantizeRows } from '../../../../src/quantization/int8.ts'
import { gaussian, writeRandomWeights } from '../../../random.ts'
import { runnable } from '../builds/runnable.ts'

// Two layers of [21, 37] and [37, 19]: panels with columns to spare, runs of eight that are cut short.
const [inner, columns, last] = [21, 37, 19]
const net = new ProgramBuilder()
const hidden = linear(net, 'y', net.input('x', [5, inner]), columns)
const program = net.build({ z: linear(net, 'z', hidden, last) })
const x = gaussian(1, 5 * inner)
const others = program.weights.filter(({ name }) => name !== 'y.kernel')

/** Integers of `y.kernel` with a scale per column: by our rule, or anyone's. */
const matrices = {
  ours: quantizeRows(gaussian(2, inner * columns), columns, inner),
  foreign: {
    values: Int8Array.from(gaussian(3, inner * columns, 90), (v) =>
      Math.max(-128, Math.min(127, v)),
    ),
    scales: Float32Array.from({ length: columns }, (_, i) => 0.001 * (i + 1)),
  },
}
type Kind = keyof typeof matrices

const regionOf = (column: number, count: number): Region => ({
  row: 0,
  column,
  rows: inner,
  columns: count,
  transposed: true,
})
const whole = regionOf(0, columns)

/** Columns `from` to `to`, values `start` to `end` of these, in int8 or as the floats they stand for. */
type Run = readonly [from: number, to: number, start: number, end: number]

function writeInt8(model: Model, kind: Kind, [from, to, start, end]: Run): void {
  const values = matrices[kind].values.slice(from * inner + start, from * inner + end)
  const scales = matrices[kind].scales.slice(from, to)
  model.writeInt8!('y.kernel', regionOf(from, to - from), start, values, scales)
}

function writeFloats(model: Model, kind: Kind, [from, to, start, end]: Run): void {
  const { values, scales } = matrices[kind]
  const floats = new Float32Array(values.length)
  dequantize(values, 0, inner, scales, floats)
  const part = floats.slice(from * inner + start, from * inner + end)
  model.write('y.kernel', regionOf(from, to - from), start, part)
}

const all: Run = [0, columns, 0, columns * inner]

for (const build of runnable) {
  const backend = await createWasmBackend({ kernels: build.name, dtype: 'int8' })

  /** The output of a model whose `y.kernel` is written by `write`. */
  async function outputOf(write: (model: Model) => void): Promise<Float32Array> {
    const model = backend.createModel(program.weights)
    writeRandomWeights(model, others)
    write(model)
    const { z } = await model.compile(program).run({ x })
    model.dispose()
    return z!
  }

  for (const kind of ['ours', 'foreign'] as const) {
    test(`${build.name}: int8 values, ${kind}, become what their floats become`, async () => {
      const expected = await outputOf((model) => writeFloats(model, kind, all))
      assert.equal(await outputOf((model) => writeInt8(model, kind, all)), expected)
      const pieces: Run[] = [
        ...[0, 1, 20, 21, 22, 63, 64, 200].map(
          (start, i, at): Run => [11, 30, start, at[i + 1] ?? 19 * inner],
        ),
        [30, columns, 0, 100],
        [30, columns, 100, 7 * inner],
        [0, 11, 0, 11 * inner],
      ]
      for (const order of [pieces, [...pieces].reverse()]) {
        const found = await outputOf((model) => {
          for (const run of order) writeInt8(model, kind, run)
        })
        assert.equal(found, expected)
        // Some one way and some the other, beginning with either.
        for (const turn of [0, 1]) {
          const mixed = await outputOf((model) => {
            order.forEach((run, i) => {
              ;(i % 3 === turn ? writeFloats : writeInt8)(model, kind, run)
            })
          })
          assert.equal(mixed, expected)
        }
      }
    })
  }

  test(`${build.name}: a kernel in int8 that is not complete does not run; another replaces it`, async () => {
    const model = backend.createModel(program.weights)
    writeRandomWeights(model, others)
    const executable = model.compile(program)
    const runs = async () => (await executable.run({ x })).z!
    for (const kind of ['ours', 'foreign', 'ours'] as const) {
      const expected = await outputOf((model) => writeFloats(model, kind, all))
      writeInt8(model, kind, [0, 20, 0, 20 * inner])
      const error = await runs().then(
        () => undefined,
        (error: unknown) => error,
      )
      assert.instance(error, ArgumentError)
      assert.match((error as Error).message, /all of its 777 values are written; 420 were/)
      writeInt8(model, kind, [20, columns, 0, 17 * inner])
      assert.equal(await runs(), expected)
    }
    model.dispose()
  })

  test(`${build.name}: part of the rows, and weights that stay f32`, async () => {
    const { values, scales } = matrices.ours
    const expected = await outputOf((model) => writeFloats(model, 'ours', all))
    // The upper rows have other scales than the lower: 2 s (q / 2) where q is even.
    const split = 8
    const even = values.map((q, i) => (i % inner < split ? q & ~1 : q))
    const reference = new Float32Array(even.length)
    dequantize(even, 0, inner, scales, reference)
    const found = await outputOf((model) => {
      const rows = (from: number, to: number, change: (q: number) => number) =>
        Int8Array.from({ length: (to - from) * columns }, (_, i) =>
          change(even[Math.floor(i / (to - from)) * inner + from + (i % (to - from))]!),
        )
      const upper = { ...whole, rows: split }
      const lower = { ...whole, row: split, rows: inner - split }
      const halves = rows(0, split, (q) => q / 2)
      const doubled = scales.map((s) => 2 * s)
      model.writeInt8!('y.kernel', upper, 0, halves, doubled)
      model.writeInt8!('y.kernel', lower, 0, rows(split, inner, Number), scales)
    })
    assert.equal(found, await outputOf((model) => model.write('y.kernel', whole, 0, reference)))
    assert.not.equal(found, expected)

    const model = backend.createModel(program.weights)
    writeRandomWeights(model, program.weights)
    const bias = Int8Array.from({ length: columns }, (_, i) => i - 20)
    const region = { row: 0, column: 0, rows: 1, columns, transposed: true }
    const { z: before } = await model.compile(program).run({ x })
    const steps = new Float32Array(columns).fill(0.5)
    model.writeInt8!('y.bias', region, 0, bias, steps)
    const { z: after } = await model.compile(program).run({ x })
    assert.not.equal(after, before)
    model.write(
      'y.bias',
      region,
      0,
      Float32Array.from(bias, (q) => q / 2),
    )
    assert.equal((await model.compile(program).run({ x })).z, after)
    model.dispose()
  })
}

test('regions and scales that make no sense; other dtypes do not take int8', async () => {
  const kernels = runnable[0]!.name
  const model = (await createWasmBackend({ kernels, dtype: 'int8' })).createModel(program.weights)
  const { values, scales } = matrices.ours
  const bad: [() => void, RegExp][] = [
    [
      () => model.writeInt8!('y.kernel', { ...whole, transposed: false }, 0, values, scales),
      /y\.kernel must come column by column/,
    ],
    [
      () => model.writeInt8!('y.kernel', whole, 0, values, scales.subarray(1)),
      /each of 37 columns; there are 36 scales/,
    ],
    [() => model.writeInt8!('y.kernel', whole, 1, values, scales), /don't fit into y\.kernel/],
    [() => model.writeInt8!('w.kernel', whole, 0, values, scales), /no weight "w\.kernel"/],
  ]
  for (const [write, message] of bad) {
    assert.throws(write, (error: Error) => {
      assert.instance(error, ArgumentError)
      assert.match(error.message, message)
      return true
    })
  }
  model.dispose()
  for (const dtype of ['f32', 'int16'] as const) {
    const other = (await createWasmBackend({ kernels: 'simd8', dtype })).createModel(
      program.weights,
    )
    assert.is(other.writeInt8, undefined)
    other.dispose()
  }
})

test.run()
