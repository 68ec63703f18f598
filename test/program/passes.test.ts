import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { vitProgram } from '../../src/families/vit/program.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { ProgramBuilder } from '../../src/program/builder.ts'
import { attention } from '../../src/program/layers/attention.ts'
import { constant } from '../../src/program/layers/constant.ts'
import { patchEmbed } from '../../src/program/layers/conv2d.ts'
import { glu } from '../../src/program/layers/glu.ts'
import { linear } from '../../src/program/layers/linear.ts'
import { meanRows } from '../../src/program/layers/mean-rows.ts'
import { rows } from '../../src/program/layers/rows.ts'
import { tokens } from '../../src/program/layers/tokens.ts'
import { divideFrozen } from '../../src/program/passes/frozen.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import type { Program } from '../../src/program/program.ts'

const rowsOf = (program: Program, name: string) =>
  program.values.find((value) => value.name === name)!.shape[0]

const pruned = (program: Program, ...outputs: string[]) =>
  withoutUnusedRows(withOutputs(program, outputs))

test('only what the outputs depend on is computed', () => {
  const program = vitProgram(variantConfig('Ti_16'))
  const first = withOutputs(program, ['blocks.0.fc2'])
  assert.ok(first.ops.length < program.ops.length / 10)
  assert.equal(Object.keys(first.outputs), ['blocks.0.fc2'])
  const attentions = (program: Program) =>
    program.ops.filter((op) => op.op === 'attention' && op.weights !== undefined).length
  assert.is(attentions(program), 12)
  assert.is(attentions(withOutputs(program, ['logits'])), 0)
  assert.is(attentions(withOutputs(program, ['blocks.3.attention.weights'])), 1)
  assert.throws(() => withOutputs(program, ['blocks.12.fc2']), /no value "blocks\.12\.fc2"/)
})

test('class logits need one row of the last block, but all its keys and values', () => {
  const program = pruned(vitProgram(variantConfig('Ti_16')), 'logits')
  for (const name of ['query', 'attention', 'proj', 'norm2', 'fc1', 'fc2']) {
    assert.is(rowsOf(program, `blocks.11.${name}`), 1, name)
    assert.is(rowsOf(program, `blocks.10.${name}`), 197, name)
  }
  assert.is(rowsOf(program, 'blocks.11.norm1'), 197)
  assert.is(rowsOf(program, 'blocks.11.key_value'), 197)
})

test('a distilled model keeps two rows; a pooled one, or somebody’s tap, all', () => {
  const distilled = vitProgram(variantConfig('Ti_16', { distilled: true }))
  assert.is(rowsOf(pruned(distilled, 'logits'), 'blocks.11.fc2'), 2)
  const pooled = vitProgram(variantConfig('S_16-gap-norep'))
  assert.is(rowsOf(pruned(pooled, 'logits'), 'blocks.11.fc2'), 196)
  const plain = vitProgram(variantConfig('Ti_16'))
  assert.is(rowsOf(pruned(plain, 'logits', 'blocks.11.fc2'), 'blocks.11.fc2'), 197)
})

/** A head that asks by a constant what tokens to take, as attention pooling does. */
function attentionPooling(): Program {
  const net = new ProgramBuilder()
  const x = linear(net, 'blocks', net.input('pixels', [7, 6]), 6)
  const query = linear(net, 'query', constant(net, 'probe', [1, 6]), 6)
  const keyValue = linear(net, 'key_value', x, 12)
  const pooled = attention(net, 'pooled', query, keyValue, 2)
  return net.build({ logits: linear(net, 'head', pooled, 3) })
}

const opsOf = ({ ops }: Program) => ops.map(({ op }) => op)

test('what training cannot change ends before the first weight that is trained', () => {
  const program = attentionPooling()
  const pooling = divideFrozen(program, (name) => !name.startsWith('blocks'))!
  assert.equal(opsOf(pooling.frozen), ['linear'])
  assert.is(opsOf(pooling.trained).length, 5)
  const head = divideFrozen(program, (name) => name.startsWith('head'))!
  assert.equal(opsOf(head.trained), ['linear'])
  assert.is(opsOf(head.frozen).length, 5)
})

test('what depends on no picture is computed on the side that reads it', () => {
  const { frozen, trained } = divideFrozen(attentionPooling(), (name) => /^(key|head)/.test(name))!
  assert.equal(opsOf(frozen), ['linear'])
  assert.equal(opsOf(trained), ['constant', 'linear', 'linear', 'attention', 'linear'])
  assert.equal(Object.keys(trained.inputs), ['features'])
})

test('rows of a constant are taken behind it, and those of a gate before it', () => {
  const net = new ProgramBuilder()
  const x = net.input('pixels', [5, 8])
  const gate = glu(net, 'gate', x)
  const sum = linear(net, 'sum', gate, 4, { residual: constant(net, 'table', [5, 4]) })
  const program = pruned(net.build({ last: rows(net, 'last', sum, 4, 1) }), 'last')
  assert.equal(opsOf(program), ['rows', 'glu', 'constant', 'rows', 'linear'])
  assert.equal([rowsOf(program, 'gate'), rowsOf(program, 'table')], [1, 5])
})

test('passes leave the program that they were given as it was', () => {
  const program = vitProgram(variantConfig('Ti_16'))
  const before = JSON.stringify(program)
  pruned(program, 'logits')
  assert.is(JSON.stringify(program), before)
})

test('shapes that do not fit are refused where they meet', () => {
  const net = new ProgramBuilder()
  const pixels = net.input('pixels', [32 * 48, 3])
  assert.equal(net.shape(pixels), [1536, 3])
  const patches = patchEmbed(net, 'patch', pixels, [32, 48], [8, 16], 24)
  assert.equal(net.shape(patches), [12, 24])
  const all = tokens(net, 'tokens', patches, 2)
  assert.equal(net.shape(all), [14, 24])
  assert.throws(
    () => linear(net, 'x', all, 24, { residual: patches }),
    /expected a shape of \[14, 24\], found \[12, 24\]/,
  )
  assert.throws(() => attention(net, 'x', all, all, 3), /expected a shape of \[14, 48\]/)
  assert.throws(() => rows(net, 'x', all, 13, 2), /rows 13 to 15 of 14/)
  assert.throws(() => meanRows(net, 'x', all, 14), /no row 14/)
  assert.throws(() => patchEmbed(net, 'y', pixels, [32, 48], [33, 1], 4), /holds no patch/)
  assert.throws(
    () => patchEmbed(net, 'y', pixels, [32, 49], [8, 8], 4),
    /expected a shape of \[1568, 3\], found \[1536, 3\]/,
  )
  assert.throws(() => glu(net, 'x', patchEmbed(net, 'z', pixels, [32, 48], [16, 16], 3)), /even/)
  assert.throws(() => net.shape(99), /no value 99/)
  linear(net, 'shared', all, 10)
  assert.throws(() => linear(net, 'shared', all, 11), /shared\.kernel: expected/)
})

test.run()
