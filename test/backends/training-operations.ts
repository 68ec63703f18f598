import * as assert from 'uvu/assert'
import type { Backend, Model } from '../../src/backends/backend.ts'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { wholeRegion } from '../../src/backends/weights.ts'
import { positionsIn, sameWindow, validWindow } from '../../src/program/ops/window.ts'
import {
  type TrainingOp,
  type TrainingProgram,
  trainingOperationOf,
} from '../../src/program/training/operations.ts'
import type { Shape, Value, Weight, WeightRole } from '../../src/program/values.ts'
import { gaussian, random } from '../random.ts'

// Single operations of training over shapes with tails, against float64.

/** What is compared with float64. */
export interface Subject {
  readonly name: string
  readonly backend: Backend
  /** The most that a value may be off, as a share of the largest one of its matrix. */
  readonly bound: number
  /** Rows of the operands; fewer where every shape is compiled for seconds. */
  readonly sizes?: readonly number[]
  /** The most positions of an image that is convolved; all by default. */
  readonly positions?: number
}

/** Compares an operation over many shapes. */
type Check = (subject: Subject) => Promise<void>

const allSizes = [1, 2, 3, 5, 7, 13, 33]

const someWindows = [
  sameWindow([7, 9], [3, 3], [1, 1]),
  sameWindow([9, 7], [3, 3], [2, 2]),
  sameWindow([13, 14], [7, 7], [2, 2]),
  sameWindow([5, 6], [1, 1], [2, 2]),
  sameWindow([4, 3], [5, 7], [1, 2]),
  sameWindow([5, 5], [2, 3], [4, 5]),
  validWindow([8, 11], [3, 2], [1, 3]),
  validWindow([31, 20], [5, 7]),
  sameWindow([40, 33], [3, 3], [1, 1]),
]

/** The checks by what they compare. */
export const trainingOperationChecks: Readonly<Record<string, Check>> = {
  async 'linear_backward: rows, inner and columns with tails, several images'(subject) {
    for (const rows of subject.sizes ?? allSizes) {
      for (const [inner, columns] of [
        [1, 1],
        [2, 17],
        [7, 3],
        [13, 16],
        [33, 65],
      ] as const) {
        const kernel = weight('kernel', [inner, columns])
        await compare(
          subject,
          (ids) => ({ op: 'linear_backward', ...ids }) as TrainingOp,
          { input: [rows, inner], outputGradient: [rows, columns] },
          { kernel },
          {
            inputGradient: [rows, inner],
            kernelGradient: kernel,
            biasGradient: weight('vector', [1, columns]),
          },
        )
      }
    }
  },

  async 'activate, activate_backward, add'(subject) {
    for (const rows of subject.sizes ?? allSizes) {
      for (const columns of [1, 5, 16, 35]) {
        const shape = [rows, columns] as const
        for (const activation of ['gelu_erf', 'gelu_tanh', 'quick_gelu', 'silu', 'tanh'] as const) {
          await compare(
            subject,
            (ids) => ({ op: 'activate', activation, ...ids }) as TrainingOp,
            { input: shape, residual: shape },
            {},
            { output: shape },
          )
          await compare(
            subject,
            (ids) => ({ op: 'activate_backward', activation, ...ids }) as TrainingOp,
            { input: shape, outputGradient: shape },
            {},
            { inputGradient: shape },
          )
        }
        const read = { one: shape, other: shape }
        await compare(
          subject,
          (ids) => ({ op: 'add', ...ids }) as TrainingOp,
          read,
          {},
          { output: shape },
        )
      }
    }
  },

  async 'glu_backward: rows and halves with tails'(subject) {
    for (const rows of subject.sizes ?? allSizes) {
      for (const columns of [1, 4, 5, 16, 35]) {
        const input = [rows, 2 * columns] as const
        await compare(
          subject,
          (ids) => ({ op: 'glu_backward', activation: 'silu', ...ids }) as TrainingOp,
          { input, outputGradient: [rows, columns] },
          {},
          { inputGradient: input },
        )
      }
    }
  },

  async rms_norm_backward(subject) {
    for (const rows of subject.sizes ?? allSizes) {
      for (const columns of [5, 7, 16, 35, 64]) {
        const shape = [rows, columns] as const
        const vector = weight('vector', [1, columns])
        await compare(
          subject,
          (ids) => ({ op: 'rms_norm_backward', eps: 1e-5, ...ids }) as TrainingOp,
          { input: shape, outputGradient: shape },
          { scale: vector },
          { inputGradient: shape, scaleGradient: vector },
        )
      }
    }
  },

  async layer_norm_backward(subject) {
    for (const rows of subject.sizes ?? allSizes) {
      for (const columns of [5, 7, 16, 35, 64]) {
        const shape = [rows, columns] as const
        const vector = weight('vector', [1, columns])
        await compare(
          subject,
          (ids) => ({ op: 'layer_norm_backward', eps: 1e-5, ...ids }) as TrainingOp,
          { input: shape, outputGradient: shape },
          { scale: vector },
          { inputGradient: shape, scaleGradient: vector, biasGradient: vector },
        )
      }
    }
  },

  async 'attention_backward: tokens, queries, heads and head widths with tails'(subject) {
    for (const tokens of [1, 2, 5, 17, 70]) {
      for (const headWidth of [1, 3, 4, 7, 64]) {
        for (const queries of new Set([1, tokens])) {
          const heads = headWidth > 16 ? 1 : 3
          const width = heads * headWidth
          const query = [queries, width] as const
          const keyValue = [tokens, 2 * width] as const
          await compare(
            subject,
            (ids) => ({ op: 'attention_backward', heads, causal: false, ...ids }) as TrainingOp,
            { query, keyValue, output: query, outputGradient: query },
            {},
            { queryGradient: query, keyValueGradient: keyValue },
          )
        }
      }
    }
  },

  async 'attention_backward with a bias and a causal mask: tokens and head widths with tails'(
    subject,
  ) {
    for (const [tokens, headWidth, causal, bias] of [
      [1, 4, true, true],
      [2, 12, true, false],
      [5, 7, false, true],
      [17, 72, true, true],
      [33, 20, true, false],
      [70, 4, true, true],
      [70, 12, false, true],
    ] as const) {
      const heads = 2
      const query = [tokens, heads * headWidth] as const
      const keyValue = [tokens, 2 * heads * headWidth] as const
      await compare(
        subject,
        (ids) => ({ op: 'attention_backward', heads, causal, ...ids }) as TrainingOp,
        { query, keyValue, output: query, outputGradient: query },
        bias ? { bias: weight('table', [heads * tokens, tokens]) } : {},
        { queryGradient: query, keyValueGradient: keyValue },
      )
    }
  },

  async 'rope and its inverse, whose rows are gradients'(subject) {
    for (const [rows, headWidth, from, more] of [
      [1, 4, 0, 0],
      [7, 12, 2, 5],
      [13, 64, 1, 64],
    ] as const) {
      const [heads, width] = [3, 3 * headWidth]
      const shape = [rows, width + more] as const
      for (const inverse of [false, true]) {
        await compare(
          subject,
          (ids) => ({ op: 'rope', heads, from, width, inverse, ...ids }) as TrainingOp,
          { input: shape },
          { table: weight('table', [rows - from, headWidth]) },
          { output: shape },
        )
      }
    }
  },

  async 'rows_backward, mean_rows_backward, tokens_backward'(subject) {
    for (const rows of subject.sizes ?? allSizes) {
      for (const columns of [1, 5, 16, 33]) {
        const input = [rows + 3, columns] as const
        await compare(
          subject,
          (ids) => ({ op: 'rows_backward', from: 2, ...ids }) as TrainingOp,
          { outputGradient: [rows, columns] },
          {},
          { inputGradient: input },
        )
        await compare(
          subject,
          (ids) => ({ op: 'mean_rows_backward', from: 2, ...ids }) as TrainingOp,
          { outputGradient: [1, columns] },
          {},
          { inputGradient: input },
        )
        await compare(
          subject,
          (ids) => ({ op: 'tokens_backward', prefixRows: 2, ...ids }) as TrainingOp,
          { outputGradient: [rows + 2, columns] },
          {},
          {
            inputGradient: [rows, columns],
            prefixGradient: weight('tokens', [2, columns]),
            positionGradient: weight('tokens', [rows + 2, columns]),
          },
        )
      }
    }
  },

  async 'token_embedding_backward: tokens that share rows, positions beyond the text'(subject) {
    for (const [tokens, vocabulary, width] of [
      [1, 1, 1],
      [7, 3, 33],
      [16, 50, 64],
    ] as const) {
      const next = random(tokens)
      const ids = Int32Array.from({ length: 3 * tokens }, () => Math.floor(next() * vocabulary))
      const table = weight('tokens', [vocabulary, width])
      await compare(
        subject,
        (of) => ({ op: 'token_embedding_backward', ...of }) as TrainingOp,
        { ids: [tokens, 1], outputGradient: [tokens, width] },
        { table },
        {
          tableGradient: table,
          positionGradient: weight('tokens', [tokens + 2, width]),
          segmentGradient: weight('tokens', [1, width]),
        },
        { ids },
      )
    }
  },

  async cross_entropy(subject) {
    for (const classes of [1, 2, 10, 101]) {
      const row = [1, classes] as const
      await compare(
        subject,
        (ids) => ({ op: 'cross_entropy', weight: 0.25, ...ids }) as TrainingOp,
        { logits: row, targets: row },
        {},
        { loss: [1, 1], logitsGradient: row },
      )
    }
  },

  async 'conv2d_backward and max_pool_backward: overlap, padding, stride, any number of channels'(
    subject,
  ) {
    let turn = 0
    const most = subject.positions ?? Number.POSITIVE_INFINITY
    for (const window of someWindows.filter(({ grid }) => positionsIn(grid) <= most)) {
      for (const channels of [1, 3, 4, 18]) {
        const columns = [1, 3, 16, 18][turn++ % 4]!
        const input = [positionsIn(window.grid), channels] as const
        const outputs = positionsIn(window.outputs)
        const kernel = weight('kernel', [positionsIn(window.size) * channels, columns])
        await compare(
          subject,
          (ids) => ({ op: 'conv2d_backward', window, ...ids }) as TrainingOp,
          { input, outputGradient: [outputs, columns] },
          { kernel },
          {
            inputGradient: input,
            kernelGradient: kernel,
            biasGradient: weight('vector', [1, columns]),
          },
        )
        await compare(
          subject,
          (ids) => ({ op: 'max_pool_backward', window, ...ids }) as TrainingOp,
          { input, outputGradient: [outputs, channels] },
          {},
          { inputGradient: input },
        )
      }
    }
  },

  async 'group_norm_backward: rows, columns and groups with tails, with and without ReLU'(subject) {
    for (const rows of [2, 15, 17, 100]) {
      for (const [columns, groups] of [
        [5, 1],
        [6, 2],
        [18, 3],
        [35, 7],
        [64, 32],
      ] as const) {
        const shape = [rows, columns] as const
        const vector = weight('vector', [1, columns])
        for (const activation of ['none', 'relu'] as const) {
          await compare(
            subject,
            (ids) =>
              ({ op: 'group_norm_backward', groups, eps: 1e-5, activation, ...ids }) as TrainingOp,
            { input: shape, output: shape, outputGradient: shape },
            { scale: vector },
            {
              inputGradient: shape,
              residualGradient: shape,
              scaleGradient: vector,
              biasGradient: vector,
            },
          )
        }
      }
    }
  },

  async 'standardize and standardize_backward'(subject) {
    for (const rows of [5, 33, 70]) {
      for (const columns of [1, 7, 16, 35]) {
        const kernel = weight('kernel', [rows, columns])
        for (const epsOn of ['deviation', 'variance'] as const) {
          const fields = { eps: 1e-5, epsOn }
          await compare(
            subject,
            (ids) => ({ op: 'standardize', ...fields, ...ids }) as TrainingOp,
            {},
            { kernel },
            { output: kernel },
          )
          await compare(
            subject,
            (ids) => ({ op: 'standardize_backward', ...fields, ...ids }) as TrainingOp,
            {},
            { kernel, outputGradient: kernel },
            { kernelGradient: kernel },
          )
        }
      }
    }
  },
}

interface WeightShape {
  readonly role: WeightRole
  readonly shape: Shape
}

const weight = (role: WeightRole, shape: Shape): WeightShape => ({ role, shape })

/** Compares one operation, on one image and on three, replacing gradients of weights and adding to them. */
async function compare(
  { name: subject, backend, bound }: Subject,
  make: (ids: Record<string, number>) => TrainingOp,
  read: Record<string, Shape>,
  used: Record<string, WeightShape>,
  made: Record<string, Shape | WeightShape>,
  given: Record<string, Int32Array> = {},
): Promise<void> {
  for (const [images, adds] of [
    [3, false],
    [1, true],
    [3, true],
  ] as const) {
    const program = programOf(make, read, used, made, adds, given)
    const inputs: Record<string, Float32Array | Int32Array> = Object.fromEntries(
      Object.entries(read).map(([name, [rows, columns]]) => [
        name,
        given[name]?.subarray(0, images * rows) ??
          gaussian(name.length + rows, images * rows * columns),
      ]),
    )
    const run = async (model: Model) => {
      program.weights.forEach(({ name, shape }, i) => {
        const values = gaussian(i + shape[0], shape[0] * shape[1])
        model.write(name, wholeRegion(shape), 0, values)
      })
      const outputs = await model.compileTraining!(program, { images }).run(inputs)
      const found: Record<string, Float32Array> = { ...outputs }
      for (const { name } of program.weights) found[`weight ${name}`] = await model.read!(name)
      model.dispose()
      return found
    }
    const expected = await run(referenceBackend.createModel(program.weights))
    const found = await run(backend.createModel(program.weights))
    for (const [name, values] of Object.entries(expected)) {
      const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
      const most = bound * Math.max(largest, 1e-3)
      const i = values.findIndex((value, i) => !(Math.abs(found[name]![i]! - value) <= most))
      if (i < 0) continue
      const what = `${program.ops[0]!.op} ${subject} ${images} images ${name}[${i}]`
      const off = `${found[name]![i]}, expected ${values[i]}`
      assert.unreachable(`${what} = ${off}: ${JSON.stringify({ read, made })}`)
    }
  }
}

function programOf(
  make: (ids: Record<string, number>) => TrainingOp,
  read: Record<string, Shape>,
  used: Record<string, WeightShape>,
  made: Record<string, Shape | WeightShape>,
  adds: boolean,
  given: Record<string, Int32Array>,
): TrainingProgram {
  const values: Value[] = []
  const weights: Weight[] = []
  const updates: TrainingProgram['updates'][number][] = []
  const outputs: Record<string, number> = {}
  const ids: Record<string, number> = {}
  const inputs: Record<string, number> = {}
  for (const [name, shape] of Object.entries(read)) {
    const type = Object.hasOwn(given, name) ? 'i32' : 'f32'
    inputs[name] = ids[name] = values.push({ name, shape, type }) - 1
  }
  for (const [name, of] of Object.entries(used)) ids[name] = weights.push({ name, ...of }) - 1
  for (const [name, of] of Object.entries(made)) {
    if ('role' in of) {
      const { shape } = of
      ids[name] = values.push({ name, shape, type: 'f32', shared: true }) - 1
      const weight = weights.push({ name: `${name}.sum`, ...of }) - 1
      updates.push({ weight, value: ids[name], adds })
    } else outputs[name] = ids[name] = values.push({ name, shape: of, type: 'f32' }) - 1
  }
  const op = make(ids)
  assert.ok(trainingOperationOf(op), op.op)
  return { values, weights, updates, outputs, inputs, ops: [op] }
}
