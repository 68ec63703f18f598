import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Case, caseProgram, outputOf } from '../../bench/cases/case.ts'
import { randomWeights } from '../../bench/cases/random.ts'
import type { Dtype, Format } from '../../bench/engine/peer.ts'
import { encodeOnnx } from '../../bench/peers/formats/onnx/file.ts'
import { format as onnxGpu } from '../../bench/peers/formats/onnx/gpu.ts'
import { format as onnx } from '../../bench/peers/formats/onnx/model.ts'
import { encodeTflite } from '../../bench/peers/formats/tflite/file.ts'
import { format as tfliteGpu } from '../../bench/peers/formats/tflite/gpu.ts'
import { format as tflite } from '../../bench/peers/formats/tflite/model.ts'
import { onlyInput } from '../../src/backends/inputs.ts'
import { UnsupportedError } from '../../src/errors.ts'
import type { ViTConfig } from '../../src/families/vit/config.ts'
import { vitBlockProgram } from '../../src/families/vit/program.ts'
import { ProgramBuilder } from '../../src/program/builder.ts'
import { conv2d } from '../../src/program/layers/conv2d.ts'
import { groupNorm } from '../../src/program/layers/group-norm.ts'
import { linear } from '../../src/program/layers/linear.ts'
import { maxPool } from '../../src/program/layers/max-pool.ts'
import { tokenEmbedding } from '../../src/program/layers/token-embedding.ts'
import type { Window } from '../../src/program/ops/window.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import type { Program } from '../../src/program/program.ts'
import { smallConfig } from '../checkpoint/models.ts'
import { families } from './families.ts'
import { gatedProgram } from './gated.ts'
import { oddAttention, sharedQueryWeights } from './odd-attention.ts'
import { readOnnx } from './onnx-reader.ts'
import { inferShapes } from './onnx-shapes.ts'
import { placedAttention } from './placed-attention.ts'
import { readTflite, type TfliteFile } from './tflite-reader.ts'
import { checkShapes, operatorName } from './tflite-shapes.ts'

const small = (batch: number, variation: Partial<ViTConfig> = {}): Case => ({
  level: 'model',
  name: 'small',
  config: { ...smallConfig, ...variation },
  batch,
  threads: 1,
})
const block = (batch: number): Case => ({ ...small(batch), level: 'block' })
const product = (batch: number): Case => {
  return { level: 'op', name: 'op 5x7x3', product: [5, 7, 3], batch, threads: 1 }
}

/** Everything that a family can make, and remainders of images. */
const variations: Partial<ViTConfig>[] = [
  {},
  { gelu: 'tanh', qkvBias: false, representation: 6 },
  { distilled: true },
  { classifier: 'gap', classToken: false, normAfterPool: true },
  { classifier: 'unpooled' },
  { imageSize: [13, 18] },
]
const cases = [1, 3].flatMap((batch) => [
  ...variations.map((variation) => small(batch, variation)),
  ...Object.values(families).map((config): Case => ({ ...small(batch), config })),
  block(batch),
  product(batch),
])

function write(format: Format, bench: Case, dtype: Dtype, graph: 'full' | 'pruned' = 'full') {
  return writeProgram(format, bench, caseProgram(bench, graph), dtype)
}

function writeProgram(format: Format, bench: Case, program: Program, dtype: Dtype) {
  const weights = randomWeights(program.weights)
  const pieces = [...format.files({ bench, program, dtype }, weights)].map(([, piece]) => piece)
  const stacked = (id: number) => {
    const [rows, columns] = program.values[id]!.shape
    return [bench.batch * rows, columns]
  }
  const dims = { input: stacked(onlyInput(program).id), output: stacked(outputOf(program).id) }
  return { file: new Uint8Array(Buffer.concat(pieces)), program, weights, dims }
}

const floats = (bytes: Uint8Array) => new Float32Array(bytes.slice().buffer)

function count(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

test('every case and batch is an .onnx graph whose shapes fit', () => {
  for (const format of [onnx, onnxGpu]) {
    for (const bench of cases) {
      for (const dtype of ['f32', 'int8'] as const) {
        for (const graph of ['full', 'pruned'] as const) {
          const { file, dims } = write(format, bench, dtype, graph)
          const model = readOnnx(file)
          const shapes = inferShapes(model)
          const [input, output] = [model.inputs[0]!, model.outputs[0]!]
          assert.equal([input.dims, output.dims], [dims.input, dims.output])
          assert.equal(shapes.get(output.name), dims.output)
          assert.equal([input.type, output.type], [1, 1])
        }
      }
    }
  }
})

test('every case and batch is a .tflite graph whose shapes fit', () => {
  for (const format of [tflite, tfliteGpu]) {
    for (const bench of cases) {
      for (const dtype of ['f32', 'int8'] as const) {
        for (const graph of ['full', 'pruned'] as const) {
          const { file, dims } = write(format, bench, dtype, graph)
          const model = readTflite(file)
          checkShapes(model)
          const shape = (list: number[]) => list.map((i) => model.tensors[i]!.dims)
          assert.equal(shape(model.inputs), [dims.input])
          assert.equal(shape(model.outputs), [dims.output])
        }
      }
    }
  }
})

test("attention on the GPU is in ONNX's own operators", () => {
  const { nodes } = readOnnx(write(onnxGpu, block(1), 'f32').file)
  assert.equal(new Set(nodes.map(({ domain }) => domain)), new Set(['']))
  const { MatMul, Softmax, MultiHeadAttention } = count(nodes.map(({ op }) => op))
  assert.equal([MatMul, Softmax, MultiHeadAttention], [2, 1, undefined])
})

test("LiteRT's attention on the GPU has four dimensions for one image as well", () => {
  const ranks = (format: Format) => {
    const { tensors, operators } = readTflite(write(format, block(1), 'f32').file)
    const products = operators.filter((op) => operatorName(op) === 'BATCH_MATMUL')
    return products.map(({ outputs }) => tensors[outputs[0]!]!.dims.length)
  }
  assert.equal(
    [ranks(tflite), ranks(tfliteGpu)],
    [
      [3, 3],
      [4, 4],
    ],
  )
})

test('an encoder block is the operators that each engine is fastest with', () => {
  const { nodes, opsets } = readOnnx(write(onnx, block(2), 'f32').file)
  assert.equal(opsets, { '': 20, 'com.microsoft': 1 })
  assert.equal(count(nodes.map(({ op }) => op)), {
    LayerNormalization: 2,
    Gemm: 6,
    Reshape: 4,
    MultiHeadAttention: 1,
    Gelu: 1,
    Add: 2,
  })
  const attention = nodes.find(({ op }) => op === 'MultiHeadAttention')!
  assert.equal([attention.domain, attention.attributes], ['com.microsoft', { num_heads: 2 }])
  assert.equal(nodes.find(({ op }) => op === 'Gelu')!.attributes, { approximate: 'none' })
  const { axis, epsilon } = nodes.find(({ op }) => op === 'LayerNormalization')!.attributes
  assert.equal([axis, epsilon], [-1, Math.fround(1e-6)])

  const { operators } = readTflite(write(tflite, block(2), 'f32').file)
  assert.equal(count(operators.map(operatorName)), {
    MEAN: 4,
    SQUARED_DIFFERENCE: 2,
    ADD: 6,
    RSQRT: 2,
    SUB: 2,
    MUL: 4,
    FULLY_CONNECTED: 6,
    RESHAPE: 4,
    TRANSPOSE: 4,
    BATCH_MATMUL: 2,
    SOFTMAX: 1,
    GELU: 1,
  })
})

test('an .onnx file holds the weights, bit for bit', () => {
  const { file, program, weights } = write(onnx, small(2), 'f32')
  const { initializers } = readOnnx(file)
  const stored = (name: string) => floats(initializers.get(name)!.bytes)
  for (const { name, shape } of program.weights) {
    const values = weights.get(name)!
    if (name.includes('key_value')) {
      const width = shape[1] / 2
      const halves = [stored(`${name}.keys`), stored(`${name}.values`)]
      values.forEach((value, i) => {
        const [row, column] = [Math.floor(i / shape[1]), i % shape[1]]
        assert.is(halves[Math.floor(column / width)]![row * width + (column % width)], value)
      })
    } else if (name.endsWith('prefix')) {
      assert.equal(stored(name), new Float32Array([...values, ...values]), 'once for each image')
    } else {
      assert.equal(stored(name), values, name)
    }
  }
})

test('a .tflite file holds the weights, layers by output and aligned, queries scaled', () => {
  const { file, program, weights } = write(tflite, small(2), 'f32')
  const { tensors } = readTflite(file)
  for (const { bytes, at } of tensors) assert.ok(bytes.length === 0 || at % 16 === 0)
  const stored = (name: string) => tensors.find((tensor) => tensor.name === name)!
  for (const { name, shape, role } of program.weights) {
    const values = weights.get(name)!
    if (name.includes('key_value')) continue
    const factor = name.includes('query') ? 1 / Math.sqrt(4) : 1
    const found = floats(stored(name).bytes)
    if (role === 'kernel') {
      assert.equal(stored(name).dims[0], shape[1])
      values.forEach((value, i) => {
        const [row, column] = [Math.floor(i / shape[1]), i % shape[1]]
        assert.is(found[column * shape[0] + row], value * factor)
      })
    } else if (name.endsWith('prefix')) {
      assert.equal(found, new Float32Array([...values, ...values]))
    } else {
      assert.equal(found, factor === 1 ? values : values.map((value) => value * factor), name)
    }
  }
})

test('int8 weights are within half a step of what they stand for, in both formats', () => {
  const bench = small(1)
  const { file, program, weights } = write(onnx, bench, 'int8')
  const { nodes, initializers } = readOnnx(file)
  const operators = count(nodes.map(({ op }) => op))
  assert.is(operators.MatMulInteger, 2 * 6, 'all layers of both blocks')
  assert.is(operators.DynamicQuantizeLinear, 2 * 4, 'who share an input share its integers')
  assert.is(operators.Gemm, 2, 'the patch embedding and the head')

  const { tensors, operators: ops } = readTflite(write(tflite, bench, 'int8').file)
  const hybrid = ops.filter((op) => operatorName(op) === 'FULLY_CONNECTED' && op.version === 12)
  assert.is(hybrid.length, 2 * 6)
  for (const op of hybrid) assert.is(op.option(3, 'i8'), 1, 'asymmetric inputs')

  let compared = 0
  for (const { name, shape } of program.weights) {
    if (!/^blocks\..*(proj|fc1|fc2|query)\.kernel$/.test(name)) continue
    const values = weights.get(name)!
    const integers = new Int8Array(initializers.get(`${name}.quantized`)!.bytes)
    const scales = floats(initializers.get(`${name}.scale`)!.bytes)
    const tensor = tensors.find((candidate) => candidate.name === name)!
    const others = new Int8Array(tensor.bytes)
    const factor = name.includes('query') ? 1 / Math.sqrt(4) : 1
    assert.equal([tensor.type, tensor.scales.length], [9, shape[1]])
    assert.equal(new Set(tensor.zeroPoints), new Set([0]))
    values.forEach((value, i) => {
      const [row, column] = [Math.floor(i / shape[1]), i % shape[1]]
      const error = (step: number, integer: number, scale = 1) =>
        Math.abs(integer * step - value * scale) / step
      assert.ok(error(scales[column]!, integers[i]!) <= 0.5001)
      assert.ok(
        error(tensor.scales[column]!, others[column * shape[0] + row]!, factor) <= 0.5001,
        name,
      )
      compared++
    })
  }
  assert.ok(compared > 0)
})

test('layers around attention are split and scaled only where nothing else reads them', () => {
  const whole = oddAttention()
  const program = withOutputs(whole, Object.keys(whole.outputs))
  for (const batch of [1, 3]) {
    for (const format of [onnx, onnxGpu]) {
      for (const dtype of ['f32', 'int8'] as const) {
        const model = readOnnx(writeProgram(format, product(batch), program, dtype).file)
        assert.equal(inferShapes(model).get('output'), [batch * 6, 8])
        const { Gemm, MatMulInteger } = count(model.nodes.map(({ op }) => op))
        assert.is(
          dtype === 'f32' ? Gemm : MatMulInteger,
          6 + 1,
          'one of the layers of keys and values is two',
        )
      }
    }
    for (const format of [tflite, tfliteGpu]) {
      const { file, weights } = writeProgram(format, product(batch), program, 'f32')
      const model = readTflite(file)
      checkShapes(model)
      assert.is(count(model.operators.map(operatorName)).FULLY_CONNECTED, 6 + 1)
      assert.is(scaledQueries(model), 4, 'the queries of each attention')
      assert.equal(biasOf(model, 'blocks.0.query.bias'), weights.get('blocks.0.query.bias'))
    }
  }
})

test('gates, RMS norms, constants and the other activations fit, for every batch', () => {
  const program = gatedProgram()
  for (const batch of [1, 3]) {
    for (const dtype of ['f32', 'int8'] as const) {
      for (const format of [onnx, onnxGpu]) {
        const model = readOnnx(writeProgram(format, product(batch), program, dtype).file)
        assert.equal(inferShapes(model).get('output'), [batch * 2, 8])
        const { Sigmoid, Sqrt, Identity } = count(model.nodes.map(({ op }) => op))
        assert.equal([Sigmoid, Sqrt, Identity], [3, 1, 1])
        assert.equal(model.initializers.get('probe')!.dims, [batch * 2, 8])
      }
      for (const format of [tflite, tfliteGpu]) {
        const { file, weights } = writeProgram(format, product(batch), program, dtype)
        const model = readTflite(file)
        checkShapes(model)
        const { LOGISTIC, RSQRT } = count(model.operators.map(operatorName))
        assert.equal([LOGISTIC, RSQRT], [3, 1])
        const probe = [...weights.get('probe')!]
        assert.equal([...biasOf(model, 'probe')], Array(batch).fill(probe).flat())
      }
    }
  }
})

test('rotations, and attention with a bias and a causal mask', () => {
  const whole = placedAttention()
  const program = withOutputs(whole, Object.keys(whole.outputs))
  for (const batch of [1, 3]) {
    for (const format of [onnx, onnxGpu]) {
      const model = readOnnx(writeProgram(format, product(batch), program, 'f32').file)
      assert.equal(inferShapes(model).get('output'), [batch * 6, 8])
      const stored = (name: string) => floats(model.initializers.get(name)!.bytes)
      const { weights } = writeProgram(format, product(batch), program, 'f32')
      const offsets = [...model.initializers.values()].filter(({ name }) => /offsets/.test(name))
      assert.equal(
        offsets.map(({ dims }) => dims),
        [
          [1, 2, 6, 6],
          [1, 1, 6, 6],
          [1, 2, 6, 6],
        ],
      )
      const bias = weights.get('offsets')!
      const [biased, causal, both] = offsets.map(({ name }) => stored(name))
      // Head 1, query 2, keys 1 and 4.
      const at = (head: number, query: number, key: number) => (head * 6 + query) * 6 + key
      const of = (head: number, query: number, key: number) => bias[(head * 6 + key) * 6 + query]
      for (const [query, key] of [
        [2, 1],
        [2, 4],
      ] as const) {
        assert.is(biased![at(1, query, key)], of(1, query, key))
        const masked = Math.fround(-1e30)
        assert.is(causal![at(0, query, key)], key > query ? masked : 0)
        assert.is(both![at(1, query, key)], key > query ? masked : of(1, query, key))
      }
      const table = weights.get('rope')!
      assert.equal(
        stored('rope.5.sines').slice(4, 8),
        Float32Array.of(-table[4]!, -table[5]!, table[4]!, table[5]!),
      )
      assert.equal(
        stored('rope.5.cosines').slice(4, 8),
        Float32Array.of(table[6]!, table[7]!, table[6]!, table[7]!),
      )
    }
    for (const format of [tflite, tfliteGpu]) {
      const { file } = writeProgram(format, product(batch), program, 'f32')
      const model = readTflite(file)
      checkShapes(model)
      assert.equal(
        model.outputs.map((i) => model.tensors[i]!.dims),
        [[batch * 6, 8]],
      )
    }
  }
})

test('weights of queries that another layer uses too are not scaled', () => {
  const program = sharedQueryWeights()
  const plain = withOutputs(program, Object.keys(program.outputs))
  const { file, weights } = writeProgram(tflite, product(1), plain, 'f32')
  const model = readTflite(file)
  assert.is(scaledQueries(model), 1)
  assert.equal(biasOf(model, 'blocks.0.query.bias'), weights.get('blocks.0.query.bias'))
})

const hybrid: Case = { ...small(1), config: families.hybrid! }

test('a ResNet is the operators that each engine is fastest with', () => {
  // Three units of three norms, two projections, and the root.
  const [norms, units] = [12, 3]
  const { nodes } = readOnnx(write(onnx, hybrid, 'f32').file)
  const { Conv, InstanceNormalization, MaxPool, Relu } = count(nodes.map(({ op }) => op))
  assert.equal([Conv, InstanceNormalization, MaxPool, Relu], [norms, norms, 1, 1 + 3 * units])
  const root = nodes.find(({ op }) => op === 'Conv')!
  assert.equal(root.attributes, { kernel_shape: [7, 7], strides: [2, 2], pads: [2, 3, 3, 3] })

  const { operators } = readTflite(write(tflite, hybrid, 'f32').file)
  const convolutions = operators.filter((op) => operatorName(op) === 'CONV_2D')
  // The root, the 3 x 3 ones, a projection with a stride, and the patches.
  assert.is(convolutions.length, 1 + units + 1 + 1)
  const strides = convolutions.map((op) => [op.option(2, 'i32'), op.option(1, 'i32')].join())
  assert.is(strides.filter((stride) => stride === '2,2').length, 3)
})

test('in int8 the convolutions of units are integers, with a scale for each output', () => {
  const { file, program, weights } = write(onnx, hybrid, 'int8')
  const { nodes, initializers } = readOnnx(file)
  const { Conv, ConvInteger } = count(nodes.map(({ op }) => op))
  assert.equal([Conv, ConvInteger], [1, 11], 'all but the root')
  const { tensors, operators } = readTflite(write(tflite, hybrid, 'int8').file)
  const hybrids = operators.filter((op) => operatorName(op) === 'CONV_2D' && op.version === 5)
  assert.is(hybrids.length, 3 + 1)

  const name = 'stages.1.units.0.conv2.kernel'
  const [inner, width] = program.weights.find((weight) => weight.name === name)!.shape
  const channels = inner / 9
  const values = weights.get(name)!
  const planes = new Int8Array(initializers.get(`${name}.quantized`)!.bytes)
  const scales = floats(initializers.get(`${name}.scale`)!.bytes)
  const tensor = tensors.find((candidate) => candidate.name === name)!
  const positions = new Int8Array(tensor.bytes)
  assert.equal([tensor.type, tensor.scales.length], [9, width])
  values.forEach((value, i) => {
    const [row, column] = [Math.floor(i / width), i % width]
    const [tap, channel] = [Math.floor(row / channels), row % channels]
    const onnxInteger = planes[(column * channels + channel) * 9 + tap]!
    const tfliteInteger = positions[column * inner + row]!
    assert.ok(Math.abs(onnxInteger - value / scales[column]!) <= 0.5001)
    assert.ok(Math.abs(tfliteInteger - value / tensor.scales[column]!) <= 0.5001)
  })
})

test('padding that is not SAME, rows that a norm reads, and windows that no engine has', () => {
  const equal: Window = {
    ...{ grid: [6, 6], size: [3, 3], stride: [2, 2], before: [1, 1], outputs: [3, 3] },
  }
  const build = (window: Window) => {
    const net = new ProgramBuilder()
    const pixels = net.input('pixels', [36, 4])
    const norm = groupNorm(net, 'norm', pixels, { groups: 2, eps: 1e-5, residual: pixels })
    const conv = conv2d(net, 'conv', norm, window, 5)
    const pooled = maxPool(net, 'pool', norm, window)
    return net.build({ out: linear(net, 'out', conv, 4, { residual: pooled }) })
  }
  const { nodes } = readOnnx(writeProgram(onnx, product(2), build(equal), 'f32').file)
  const pads = nodes.flatMap(({ attributes }) => (attributes.pads ? [attributes.pads] : []))
  assert.equal(pads, [
    [1, 1, 0, 0],
    [1, 1, 0, 0],
  ])
  const model = readTflite(writeProgram(tflite, product(2), build(equal), 'f32').file)
  checkShapes(model)
  const { PAD, PADV2, MAX_POOL_2D } = count(model.operators.map(operatorName))
  assert.equal([PAD, PADV2, MAX_POOL_2D], [1, 1, 1])

  const fewer = { ...equal, outputs: [2, 3] } as const
  for (const format of [onnx, tflite]) {
    assert.throws(
      () => writeProgram(format, product(1), build(fewer), 'f32'),
      (error: Error) => error instanceof UnsupportedError && /window of 3 x 3/.test(error.message),
    )
  }
})

test('a program that reads tokens of a text is refused', () => {
  const net = new ProgramBuilder()
  const ids = net.input('ids', [3, 1], 'i32')
  const sizes = { vocabulary: 5, positions: 3, width: 4 }
  const program = net.build({ out: tokenEmbedding(net, 'embedding', ids, sizes) })
  for (const format of [onnx, tflite]) {
    assert.throws(
      () => writeProgram(format, product(1), program, 'f32'),
      (error: Error) => error instanceof UnsupportedError && /reads a text/.test(error.message),
    )
  }
})

test('softmax weights that something asks for are refused', () => {
  const program = withOutputs(vitBlockProgram(smallConfig), ['blocks.0.attention.weights'])
  for (const format of [onnx, onnxGpu, tflite, tfliteGpu]) {
    assert.throws(
      () => writeProgram(format, block(1), program, 'f32'),
      (error: Error) => error instanceof UnsupportedError && /softmax weights/.test(error.message),
    )
  }
})

/** Products of queries with a constant. */
function scaledQueries({ tensors, operators }: TfliteFile): number {
  const factors = operators
    .filter((op) => operatorName(op) === 'MUL')
    .map(({ inputs }) => tensors[inputs[1]!]!)
  return factors.filter(({ name }) => name.startsWith('scale ')).length
}

function biasOf({ tensors }: TfliteFile, wanted: string): Float32Array {
  return floats(tensors.find(({ name }) => name === wanted)!.bytes)
}

test('what does not fit into a file is refused before it is made', () => {
  const make = () => {
    throw new Error('too early')
  }
  const dims = [1 << 15, 1 << 14]
  const data = { size: 2 ** 31, make }
  const refused = (error: Error) =>
    error instanceof UnsupportedError && /2\.1 GB/.test(error.message)
  const value = { name: 'x', dims: [1, 1] }
  const initializers = [{ name: 'large', type: 'float' as const, dims, data }]
  const graph = { nodes: [], initializers, input: value, output: value }
  assert.throws(() => [...encodeOnnx(graph)], refused)
  const tensors = [{ name: 'large', type: 'float32' as const, dims, data }]
  assert.throws(() => encodeTflite({ tensors, operators: [], input: 0, output: 0 }), refused)
})

test.run()
