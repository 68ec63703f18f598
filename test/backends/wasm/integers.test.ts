import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Quantization } from '../../../assembly/tape.ts'
import type { Model } from '../../../src/backends/backend.ts'
import { activations } from '../../../src/backends/reference/ops/linear.ts'
import { eachInWindow } from '../../../src/backends/reference/ops/window.ts'
import { referenceBackend } from '../../../src/backends/reference/reference.ts'
import { createWasmBackend } from '../../../src/backends/wasm/wasm.ts'
import { ArgumentError } from '../../../src/errors.ts'
import { vitProgram } from '../../../src/families/vit/program.ts'
import { variantConfig } from '../../../src/families/vit/variants.ts'
import { load } from '../../../src/load.ts'
import { ProgramBuilder } from '../../../src/program/builder.ts'
import { conv2d, patchEmbed } from '../../../src/program/layers/conv2d.ts'
import { glu } from '../../../src/program/layers/glu.ts'
import { layerNorm } from '../../../src/program/layers/layer-norm.ts'
import { linear } from '../../../src/program/layers/linear.ts'
import { rmsNorm } from '../../../src/program/layers/rms-norm.ts'
import { transpose as transposeOp } from '../../../src/program/layers/transpose.ts'
import type { Activation } from '../../../src/program/ops/linear.ts'
import { positionsIn, sameWindow } from '../../../src/program/ops/window.ts'
import { withOutputs } from '../../../src/program/passes/outputs.ts'
import type { Program } from '../../../src/program/program.ts'
import type { ValueId } from '../../../src/program/values.ts'
import { quantizeRows } from '../../../src/quantization/int8.ts'
import { quantizeRows16 } from '../../../src/quantization/int16.ts'
import { quantizedRow } from '../../assembly/integers.ts'
import { gaussian, writeRandomWeights } from '../../random.ts'
import { runnable } from './builds/runnable.ts'

const runs = runnable.flatMap((build) => {
  const dtypes = build.relaxed ? (['int8'] as const) : (['int8', 'int16'] as const)
  return dtypes.map((dtype) => ({ build, dtype }))
})

const backendOf = ({ build, dtype }: (typeof runs)[number]) =>
  createWasmBackend({ kernels: build.name, dtype })

const kinds = ['none', 'gelu_erf', 'gelu_tanh', 'tanh', 'silu', 'quick_gelu'] as const

function layers(
  rows: number,
  inner: number,
  columns: number,
  activation: Activation,
  normalize: typeof layerNorm | typeof rmsNorm = layerNorm,
): Program {
  const net = new ProgramBuilder()
  const x = patchEmbed(net, 'patch', net.input('pixels', [rows, 3]), [rows, 1], [1, 1], inner)
  const norm = normalize(net, 'norm', x, 1e-6)
  const y = linear(net, 'y', norm, columns, { activation, bias: columns % 2 === 0 })
  const z = linear(net, 'z', y, columns, { activation, residual: y })
  return net.build({ norm, y, z })
}

// What a linear layer makes of the values that came in, in the same integers, all else in float64. GELU
// is a polynomial there.
const BOUND = 1e-5
const GELU_BOUND = 8e-5

for (const run of runs) {
  const name = `${run.build.name} ${run.dtype}`
  test(`${name}: linear layers are those of the quantised matrices, with rows and columns to spare`, async () => {
    const backend = await backendOf(run)
    let turn = 0
    for (const rows of [1, 2, 3, 4, 7, 13]) {
      for (const inner of [1, 7, 16, 65]) {
        for (const columns of [1, 3, 16, 33]) {
          const kind = kinds[turn % kinds.length]!
          // An RMS norm is fused into packing as a layer norm is.
          const norm = turn++ % 5 === 0 ? rmsNorm : layerNorm
          const program = layers(rows, inner, columns, kind, norm)
          const weights = new Map<string, Float32Array>()
          const model = backend.createModel(program.weights)
          writeRandomWeights(recording(model, weights), program.weights)
          const pixels = gaussian(rows, rows * 3)
          const found = await model.compile(program).run({ pixels })
          const expected = (layer: string, input: Float32Array, residual?: Float32Array) =>
            simulate(quantizationOf(run), input, rows, weights.get(`${layer}.kernel`)!, {
              bias: weights.get(`${layer}.bias`),
              residual,
              activate: activations[kind],
            })
          const bound = kind.startsWith('gelu') ? GELU_BOUND : BOUND
          const y = expected('y', found.norm!)
          assertClose(found.y!, y, `${name} y ${rows} ${inner} ${columns}`, bound)
          const z = expected('z', found.y!, found.y!)
          assertClose(found.z!, z, `${name} z ${rows} ${inner} ${columns}`, bound)
          // Where only products read the norm, it is quantised without being stored.
          const pruned = await model.compile(withOutputs(program, ['z'])).run({ pixels })
          assert.equal(pruned.z, found.z)
        }
      }
    }
  })

  test(`${name}: convolutions are products of quantised windows`, async () => {
    const backend = await backendOf(run)
    let width = 1
    for (const channels of [1, 3, 5, 16, 33]) {
      for (const window of [
        sameWindow([7, 9], [3, 3], [1, 1]),
        sameWindow([8, 5], [3, 3], [2, 2]),
        sameWindow([5, 6], [1, 1], [2, 2]),
        sameWindow([17, 19], [5, 2], [1, 1]),
      ]) {
        const rows = positionsIn(window.outputs)
        width = (width * 7) % 37
        const [x, y] = await layer(backend, positionsIn(window.grid), channels, (net, x) =>
          conv2d(net, 'y', x, window, width),
        )
        const inner = positionsIn(window.size) * channels
        const windows = new Float32Array(rows * inner)
        eachInWindow(window, (output, place, position) => {
          const values = x.subarray(position * channels, (position + 1) * channels)
          windows.set(values, output * inner + place * channels)
        })
        const { kernel, bias, found } = y
        const activate = (value: number) => value
        const expected = simulate(quantizationOf(run), windows, rows, kernel, {
          ...{ bias, residual: undefined, activate },
        })
        assertClose(found, expected, `${name} ${channels} ${window.size}`)
      }
    }
  })

  test(`${name}: columns are quantised where the transposed matrix is on the left`, async () => {
    const backend = await backendOf(run)
    for (const rows of [1, 3, 16, 65]) {
      for (const columns of [1, 2, 4, 7, 13, 50]) {
        const [x, { kernel, bias, found }] = await layer(backend, rows, columns, (net, x) =>
          linear(net, 'y', transposeOp(net, 'turned', x), 1 + ((rows * columns) % 20)),
        )
        const turned = transpose(x, rows, columns)
        const activate = (value: number) => value
        const expected = simulate(quantizationOf(run), turned, columns, kernel, {
          ...{ bias, residual: undefined, activate },
        })
        assertClose(found, expected, `${name} ${rows} ${columns}`)
      }
    }
  })

  test(`${name}: a gate is quantised as it came out`, async () => {
    const backend = await backendOf(run)
    for (const [rows, columns, width] of [
      [1, 2, 3],
      [7, 34, 16],
      [13, 70, 9],
    ] as const) {
      const [x, { kernel, bias, found }] = await layer(backend, rows, columns, (net, x) =>
        linear(net, 'y', glu(net, 'gate', x), width),
      )
      const half = columns / 2
      const gate = Float32Array.from({ length: rows * half }, (_, i) => {
        const left = Math.floor(i / half) * columns + (i % half)
        return activations.silu(x[left]!) * x[left + half]!
      })
      const expected = simulate(quantizationOf(run), gate, rows, kernel, {
        ...{ bias, residual: undefined, activate: activations.none },
      })
      // A value between two integers may become either, since SiLU is not exact.
      assertClose(found, expected, `${name} ${rows} ${columns}`, run.dtype === 'int8' ? 0.02 : 2e-3)
    }
  })

  test(`${name}: a small ViT is near float64`, async () => {
    const config = variantConfig('Ti_16', { imageSize: [48, 48], depth: 3, classes: 50 })
    const program = withOutputs(vitProgram(config), ['logits'])
    const pixels = gaussian(5, 48 * 48 * 3)
    const answer = async (model: Model) => {
      writeRandomWeights(model, program.weights)
      return (await model.compile(program).run({ pixels })).logits!
    }
    const expected = await answer(referenceBackend.createModel(program.weights))
    const found = await answer((await backendOf(run)).createModel(program.weights))
    const error = found.reduce((sum, x, i) => sum + (x - expected[i]!) ** 2, 0)
    const relative = Math.sqrt(error / expected.reduce((sum, x) => sum + x * x, 0))
    assert.ok(relative > 0 && relative < (run.dtype === 'int8' ? 0.05 : 0.005), `${relative}`)
  })

  test(`${name}: kernels come in pieces, in any order; without the last a program does not run`, async () => {
    const program = layers(5, 20, 37, 'none')
    const backend = await backendOf(run)
    const whole = backend.createModel(program.weights)
    const weights = new Map<string, Float32Array>()
    writeRandomWeights(recording(whole, weights), program.weights)
    const pixels = gaussian(1, 15)
    const expected = await whole.compile(program).run({ pixels })

    const model = backend.createModel(program.weights)
    const executable = model.compile(program)
    const pieces = program.weights.flatMap(({ name, shape: [rows, columns] }) => {
      const half = columns >> 1
      const transposed = transpose(weights.get(name)!, rows, columns)
      const right = { row: 0, column: half, rows, columns: columns - half, transposed: true }
      const left = { row: 0, column: 0, rows, columns: half, transposed: true }
      const middle = half * rows
      return [
        { name, region: right, start: 0, values: transposed.subarray(middle) },
        { name, region: left, start: 0, values: transposed.subarray(0, middle >> 1) },
        {
          name,
          region: left,
          start: middle >> 1,
          values: transposed.subarray(middle >> 1, middle),
        },
      ]
    })
    // All right halves of the kernels, then all left: each waits for the others.
    const isKernel = (name: string) => Number(/^[yz]\.kernel/.test(name))
    pieces.sort(
      (a, b) =>
        isKernel(a.name) - isKernel(b.name) ||
        b.region.column - a.region.column ||
        b.start - a.start,
    )
    for (const { name, region, start, values } of pieces) {
      const error = await executable.run({ pixels }).then(
        () => undefined,
        (error: unknown) => error,
      )
      assert.instance(error, ArgumentError)
      assert.match((error as Error).message, /kernel is quantised once all/)
      model.write(name, region, start, values)
    }
    assert.equal(await executable.run({ pixels }), expected)

    // Other weights, and the first again.
    writeRandomWeights(model, program.weights, 2)
    assert.not.equal(await executable.run({ pixels }), expected)
    for (const { name, region, start, values } of pieces) model.write(name, region, start, values)
    assert.equal(await executable.run({ pixels }), expected)
  })
}

test('int8 gives nearly the same on every build: the integers of the weights are the same', async () => {
  const program = layers(6, 40, 24, 'gelu_erf')
  const results = await Promise.all(
    runs
      .filter(({ dtype }) => dtype === 'int8')
      .map(async (run) => {
        const model = (await backendOf(run)).createModel(program.weights)
        writeRandomWeights(model, program.weights)
        return (await model.compile(program).run({ pixels: gaussian(2, 18) })).y!
      }),
  )
  for (const result of results) assertClose(result, results[0]!, 'y')
})

test('unsupported options are refused by name', async () => {
  const fails = async (promise: Promise<unknown>, message: RegExp) => {
    const error = await promise.then(
      () => undefined,
      (error: unknown) => error,
    )
    assert.match((error as Error).message, message)
  }
  const bytes = new Uint8Array(8)
  await fails(load(bytes, { backend: 'reference', dtype: 'int8' }), /float64 only, not in int8/)
  await fails(
    load(bytes, { dtype: 'int4' as 'int8' }),
    /dtype must be one of f32, f16, int16, int8, not "int4"/,
  )
  if (runnable.some(({ name }) => name === 'relaxed8')) {
    await fails(createWasmBackend({ kernels: 'relaxed8', dtype: 'int16' }), /have no int16/)
  }
})

const quantizationOf = ({ dtype }: (typeof runs)[number]) =>
  dtype === 'int8' ? Quantization.Int8 : Quantization.Int16

/** A layer `y` over `x`, a random `[rows, columns]`; its weights, and what it found. */
async function layer(
  backend: Awaited<ReturnType<typeof backendOf>>,
  rows: number,
  columns: number,
  add: (net: ProgramBuilder, x: ValueId) => ValueId,
) {
  const net = new ProgramBuilder()
  const pixels = net.input('pixels', [rows, 3])
  const x = patchEmbed(net, 'patch', pixels, [rows, 1], [1, 1], columns)
  const program = net.build({ x, y: add(net, x) })
  const weights = new Map<string, Float32Array>()
  const model = backend.createModel(program.weights)
  writeRandomWeights(recording(model, weights), program.weights)
  const found = await model.compile(program).run({ pixels: gaussian(rows, rows * 3) })
  const of = { kernel: weights.get('y.kernel')!, bias: weights.get('y.bias'), found: found.y! }
  return [found.x!, of] as const
}

/** A model that also keeps what is written to it. */
function recording(model: Model, into: Map<string, Float32Array>): Model {
  return {
    ...model,
    write(name, region, start, values) {
      into.set(name, values)
      model.write(name, region, start, values)
    },
  }
}

/** `activate(input x kernel + bias) + residual` with the rows and columns quantised. */
function simulate(
  quantization: Quantization,
  input: Float32Array,
  rows: number,
  kernel: Float32Array,
  layer: {
    bias: Float32Array | undefined
    residual: Float32Array | undefined
    activate: (x: number) => number
  },
): Float64Array {
  const inner = input.length / rows
  const columns = kernel.length / inner
  const quantize = quantization === Quantization.Int8 ? quantizeRows : quantizeRows16
  const { values, scales } = quantize(transpose(kernel, inner, columns), columns, inner)
  const out = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++) {
    const row = input.subarray(i * inner, (i + 1) * inner)
    const { integers, scale, zero } = quantizedRow(row, quantization)
    for (let j = 0; j < columns; j++) {
      let sum = 0
      for (let k = 0; k < inner; k++) sum += (integers[k]! - zero) * values[j * inner + k]!
      const linear = sum * scale * scales[j]! + (layer.bias?.[j] ?? 0)
      const at = i * columns + j
      out[at] = layer.activate(linear) + (layer.residual?.[at] ?? 0)
    }
  }
  return out
}

function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return matrix.map((_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]!)
}

function assertClose(
  found: Float32Array,
  expected: ArrayLike<number>,
  what: string,
  bound = BOUND,
): void {
  found.forEach((value, i) => {
    const error = Math.abs(value - expected[i]!) / Math.max(1, Math.abs(expected[i]!))
    if (error <= bound) return
    assert.unreachable(`${what}[${i}] = ${value}, expected ${expected[i]}`)
  })
}

test.run()
