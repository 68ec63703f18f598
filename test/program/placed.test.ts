import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { wholeRegion } from '../../src/backends/weights.ts'
import { ProgramBuilder } from '../../src/program/builder.ts'
import { attention } from '../../src/program/layers/attention.ts'
import { linear } from '../../src/program/layers/linear.ts'
import { meanRows } from '../../src/program/layers/mean-rows.ts'
import { rope } from '../../src/program/layers/rope.ts'
import { rows } from '../../src/program/layers/rows.ts'
import { divideFrozen } from '../../src/program/passes/frozen.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import { matrixFlops, parameterCount } from '../../src/program/passes/work.ts'
import { withGradients } from '../../src/program/training/gradients.ts'
import { withLoRA } from '../../src/program/training/lora.ts'
import { gaussian } from '../random.ts'

// Rotations, and attention with a bias or a causal mask, in shape rules, passes and gradients.

const [TOKENS, WIDTH, HEADS] = [6, 8, 2]

/** Logits of the mean of all rows, or of the first. */
function model({ causal = false, bias = false, pool = 'mean' as 'mean' | 'first' } = {}) {
  const net = new ProgramBuilder()
  const x = net.input('x', [TOKENS, WIDTH])
  const turn = { table: 'rope', heads: HEADS, from: 1, width: WIDTH }
  const query = rope(net, 'query.rope', linear(net, 'query', x, WIDTH), turn)
  const keyValue = rope(net, 'key_value.rope', linear(net, 'key_value', x, 2 * WIDTH), turn)
  const options = bias ? { causal, bias: 'offsets' } : { causal }
  const mixed = attention(net, 'attention', query, keyValue, HEADS, options)
  const pooled = pool === 'mean' ? meanRows(net, 'mean', mixed, 0) : rows(net, 'first', mixed, 0, 1)
  return withOutputs(net.build({ logits: linear(net, 'head', pooled, 3) }), ['logits'])
}

test('rope refuses heads, columns and rows that do not fit', () => {
  const net = new ProgramBuilder()
  const x = net.input('x', [4, 24])
  assert.equal(net.shape(rope(net, 'a', x, { table: 'a', heads: 3, from: 1, width: 12 })), [4, 24])
  const refused = (options: object, pattern: RegExp) =>
    assert.throws(() => rope(net, 'b', x, { table: 'b', heads: 2, ...options }), pattern)
  refused({ heads: 4 }, /expected a head width that is a multiple of 4, found 24 columns for 4/)
  refused({ heads: 5 }, /expected a head width that is a multiple of 4/)
  refused({ width: 25 }, /expected 1 to 24 columns to rotate, found 25/)
  refused({ width: 0 }, /expected 1 to 24 columns to rotate, found 0/)
  refused({ from: 4 }, /no row 4 and up in 4 rows/)
  refused({ from: -1 }, /no row -1/)
  refused({ table: 'a' }, /a: expected a shape of \[4, 12\], found \[3, 4\]/)
})

test('causal attention has as many queries as keys, a bias the shape of the scores', () => {
  const net = new ProgramBuilder()
  const x = net.input('x', [4, 8])
  const both = linear(net, 'key_value', x, 16)
  const few = rows(net, 'few', x, 0, 2)
  const causal = { causal: true }
  assert.throws(() => attention(net, 'a', few, both, 2, causal), /found 2 and 4/)
  attention(net, 'b', few, both, 2, { bias: 'offsets' })
  const { weights } = net.build({})
  assert.equal(weights.at(-1)!.shape, [2 * 4, 2])
  assert.is(weights.at(-1)!.role, 'table')
})

test('only the first rows are rotated where no others are read', () => {
  const rowsOf = (options: Parameters<typeof model>[0], name: string) => {
    const program = withoutUnusedRows(model(options))
    return program.values.find((value) => value.name === name)!.shape[0]
  }
  assert.is(rowsOf({ pool: 'first' }, 'query.rope'), 1)
  assert.is(rowsOf({ pool: 'first' }, 'query'), 1)
  assert.is(rowsOf({ pool: 'first' }, 'key_value.rope'), TOKENS)
  assert.is(rowsOf({ pool: 'first', causal: true }, 'query.rope'), TOKENS)
  assert.is(rowsOf({ pool: 'first', bias: true }, 'query.rope'), TOKENS)
})

test('tables are no parameters, and causal attention is about half the work', () => {
  const plain = model()
  const tables = plain.weights.filter(({ role }) => role === 'table')
  assert.equal(
    tables.map(({ name }) => name),
    ['rope'],
  )
  const layers = WIDTH * WIDTH + 2 * WIDTH * WIDTH + 3 * WIDTH
  assert.is(parameterCount(plain), layers + WIDTH + 2 * WIDTH + 3)
  const saved = matrixFlops(plain) - matrixFlops(model({ causal: true }))
  assert.is(saved, 2 * 2 * WIDTH * ((TOKENS * (TOKENS - 1)) / 2))
})

test('tables are never trained, and do not tell where training begins', () => {
  const program = model({ bias: true })
  const { updates, weights } = withGradients(program, { trains: () => true, share: 1, adds: false })
  assert.equal(
    new Set(updates.map(({ weight }) => weights[weight]!.name.replace(/\.gradient$/, ''))),
    new Set(program.weights.filter(({ role }) => role !== 'table').map(({ name }) => name)),
  )
  const trainsHead = (name: string) => name.startsWith('head') || name === 'rope'
  const { frozen, trained } = divideFrozen(program, trainsHead)!
  assert.ok(frozen.ops.some(({ op }) => op === 'rope'))
  assert.equal(
    trained.ops.map(({ op }) => op),
    ['linear'],
  )
})

test('LoRA adapts the projections behind rotations', () => {
  const { adapters } = withLoRA(model(), { rank: 2, alpha: 4 })
  assert.equal(
    adapters.map(({ kernel, parts }) => [kernel, parts]),
    [
      ['query.kernel', 1],
      ['key_value.kernel', 2],
    ],
  )
})

for (const options of [{}, { causal: true }, { bias: true }, { causal: true, bias: true }]) {
  test(`gradients are those of differences: ${JSON.stringify(options)}`, async () => {
    const program = model(options)
    const training = withGradients(program, { trains: () => true, share: 1, adds: false })
    const inputs = { x: gaussian(1, TOKENS * WIDTH), targets: Float32Array.of(0.2, 0.7, 0.1) }
    const values = new Map(
      training.weights.map(({ name, shape: [r, c] }, i) => [
        name,
        // Small, so that the softmax is smooth.
        gaussian(i + 9, r * c).map((value) => 0.4 * value),
      ]),
    )
    const backend = referenceBackend.createModel(training.weights)
    const lossOf = async () => {
      for (const { name, shape } of training.weights) {
        backend.write(name, wholeRegion(shape), 0, values.get(name)!)
      }
      return (await backend.compileTraining!(training, {}).run(inputs)).loss![0]!
    }
    await lossOf()
    const gradients = new Map<string, Float32Array>()
    for (const name of ['query.kernel', 'key_value.kernel', 'query.bias']) {
      gradients.set(name, await backend.read!(`${name}.gradient`))
    }
    const largest = Math.max(...[...gradients.values()].flatMap((of) => [...of].map(Math.abs)))
    for (const [name, gradient] of gradients) {
      const weight = values.get(name)!
      for (let i = 0; i < weight.length; i += 3) {
        const before = weight[i]!
        const step = 4e-3
        weight[i] = before + step
        const above = await lossOf()
        weight[i] = before - step
        const below = await lossOf()
        weight[i] = before
        const error = Math.abs((above - below) / (2 * step) - gradient[i]!)
        // The loss is in f32, and the third derivative counts.
        assert.ok(error < 2e-3 * largest, `${name}[${i}]: off by ${error}`)
      }
    }
  })
}

test.run()
