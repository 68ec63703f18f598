import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Case, caseProgram, outputOf } from '../../bench/cases/case.ts'
import { randomValues, randomWeights } from '../../bench/cases/random.ts'
import { parseShapes, shapesFile } from '../../bench/cases/shapes.ts'
import { engineId, parseEngine, withFlaggedRows } from '../../bench/engine/spec.ts'
import { onlyInput } from '../../src/backends/inputs.ts'
import { planCases } from '../../src/cli/bench/plan.ts'
import { ArgumentError } from '../../src/errors.ts'
import { programOf } from '../../src/families/architectures.ts'
import { publishedVariants, variantConfigOf } from '../../src/families/published.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'

const folder = new URL('../../bench/shapes/', import.meta.url)

test('the shape files hold exactly the products of every variant', () => {
  assert.equal(
    readdirSync(folder).sort(),
    publishedVariants.map(({ name }) => shapesFile(name)).sort(),
  )
  for (const { name } of publishedVariants) {
    const program = programOf(variantConfigOf(name))
    const expected = program.ops.flatMap((op) => {
      if (op.op !== 'conv2d' && op.op !== 'linear') return []
      return [[program.values[op.output]!.shape[0], ...program.weights[op.kernel]!.shape].join('x')]
    })
    const text = readFileSync(new URL(shapesFile(name), folder), 'utf8')
    const found = parseShapes(text, name).flatMap(({ rows, inner, columns, times }) =>
      Array<string>(times).fill(`${rows}x${inner}x${columns}`),
    )
    assert.equal(found.sort(), expected.sort(), name)
  }
})

test('a line that is no shape is named', () => {
  for (const line of ['fc1 197 768', 'fc1 197 768 3072 x', 'fc1 0 1 1 1', 'fc1 1.5 1 1 1']) {
    assert.throws(
      () => parseShapes(`# fine\n\na 1 2 3 4\n${line}`, 'mine.txt'),
      (error: Error) => error instanceof ArgumentError && /mine\.txt, line 4/.test(error.message),
    )
  }
})

test('engines are read, written and refused', () => {
  for (const text of [
    'wasm',
    'wasm:simd8',
    'wasm:int8:narrow',
    'wasm:int16',
    'webgpu:f16:matrices',
    'litert@2.5.2:int8:wide',
    'ort-node',
  ]) {
    assert.is(engineId(parseEngine(text)), text)
  }
  assert.is(engineId(parseEngine('litert:wide:int8')), 'litert:int8:wide')
  for (const text of [
    '',
    'tensorrt',
    'wasm:wide',
    'ort-node:wide',
    'litert:simd8',
    'wasm:matrices',
    'jax:int8',
    'constructor',
  ]) {
    assert.throws(
      () => parseEngine(text),
      (error: Error) => error instanceof ArgumentError,
      text,
    )
  }
})

test('who is compared with our 256 bits is also shown with V8’s flag', () => {
  const rows = (...names: string[]) => withFlaggedRows(names.map(parseEngine)).map(engineId)
  assert.equal(rows('wasm', 'litert', 'ort-node'), ['wasm', 'litert', 'litert:wide', 'ort-node'])
  assert.equal(rows('wasm', 'litert', 'litert:wide'), ['wasm', 'litert', 'litert:wide'])
  assert.equal(rows('wasm:narrow', 'litert'), ['wasm:narrow', 'litert'])
  assert.equal(rows('wasm:simd8', 'litert'), ['wasm:simd8', 'litert'])
})

test('every level of every model at every batch and number of threads is a case', async () => {
  const cases = await planCases({
    models: ['Ti_16', 'ViT-S_32'],
    level: ['model', 'cold', 'block', 'op'],
    batch: [1, 4],
    threads: [1, 2],
  })
  // Ti/16 and S/32 have seven products each.
  assert.is(cases.length, 2 * 2 * (2 + 2 + 2 + 14))
  assert.is(new Set(cases.map((one) => JSON.stringify(one))).size, cases.length)
  const block = cases.find(({ name }) => name === 'ViT-S_32 block')!
  const program = caseProgram(block, 'full')
  assert.equal(program.values[onlyInput(program).id]!.shape, [50, 384])
  assert.equal(outputOf(program).shape, [50, 384])
  const product = cases.find(({ name }) => name === 'ViT-Ti_16 fc1 197x192x768')!
  assert.equal(outputOf(caseProgram(product, 'full')).shape, [197, 768])
})

test('variants of all families are cases, under the names of the table', async () => {
  const models = ['R50+ViT-B_16', 'Mixer-S_32', 'LiT-B16B_2', 'Ti_16']
  const cases = await planCases({ models, level: ['model'], batch: [1], threads: [1] })
  assert.equal(
    cases.map(({ name }) => name),
    ['R50+ViT-B_16', 'Mixer-S_32', 'LiT-B16B_2', 'ViT-Ti_16'],
  )
  const outputs = cases.map((one) => outputOf(caseProgram(one, 'full')))
  assert.equal(
    outputs.map(({ name, shape }) => `${name} ${shape[1]}`),
    ['logits 1000', 'logits 1000', 'features 768', 'logits 1000'],
  )
  const [mixer] = await planCases({ ...{ models: ['Mixer-B_16'], level: ['block'] }, ...once })
  assert.equal(outputOf(caseProgram(mixer!, 'full')).shape, [196, 768])
})

const once = { batch: [1], threads: [1] }

test('random weights are the same each time, differ by name, and have the deviation asked for', () => {
  const bench: Case = {
    level: 'model',
    name: 'ViT-Ti_16',
    config: variantConfig('ViT-Ti_16'),
    batch: 1,
    threads: 1,
  }
  const program = caseProgram(bench, 'full')
  const weights = randomWeights(program.weights)
  const again = randomWeights(program.weights)
  for (const { name, shape } of program.weights) {
    assert.is(weights.get(name)!.length, shape[0] * shape[1])
    assert.is(weights.get(name)![0], again.get(name)![0])
  }
  const query = weights.get('blocks.0.query.kernel')!
  assert.is.not(query[0], weights.get('blocks.1.query.kernel')![0])
  const deviation = Math.sqrt(query.reduce((sum, x) => sum + x * x, 0) / query.length)
  assert.ok(Math.abs(deviation * Math.sqrt(192) - 1) < 0.02)
  assert.ok(randomValues(1000, 'pixels').every((x) => Math.abs(x) <= 1.0001))
})

test.run()
