import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Backend, Model } from '../../src/backends/backend.ts'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import { type AnyConfig, programOf } from '../../src/families/architectures.ts'
import { runnableOf } from '../../src/families/runnables.ts'
import {
  ArgumentError,
  type LayerFeatures,
  type PatchTokens,
  UnsupportedError,
} from '../../src/index.ts'
import { ImageModel } from '../../src/model/image-model.ts'
import { outputsOf } from '../../src/program/ops/operations.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import type { Program } from '../../src/program/program.ts'
import { rejects } from '../checkpoint/collect.ts'
import { tiny, tinyHybrid, tinyLiT, tinyMixer } from '../cli/tiny-model.ts'
import { gaussian, writeRandomWeights } from '../random.ts'

const gap = { ...tiny, classifier: 'gap', normAfterPool: true } as const
const configs: Readonly<Record<string, AnyConfig>> = {
  'class token': tiny,
  'class token and pre_logits': { ...tiny, representation: 12 },
  distilled: { ...tiny, distilled: true },
  'mean, then norm': { ...gap, classToken: false },
  'mean of an MAE, then norm': gap,
  'no pooling': { ...tiny, classifier: 'unpooled', classToken: false },
  hybrid: tinyHybrid,
  Mixer: tinyMixer,
  LiT: tinyLiT,
}

const picture = (seed = 1) => ({
  width: 40,
  height: 32,
  data: Uint8Array.from(gaussian(seed, 40 * 32 * 3, 60), (x) => Math.min(255, Math.abs(x))),
})

/** A model with random weights, and the programs that it compiles. */
async function make(config: AnyConfig, backend: Backend = referenceBackend) {
  const family = await runnableOf(config)
  const program = programOf(config)
  const model = backend.createModel(program.weights)
  writeRandomWeights(model, program.weights)
  const compiled: Program[] = []
  const seen = Object.assign(Object.create(model), {
    compile(program: Program) {
      compiled.push(program)
      return model.compile(program)
    },
  })
  const vit = new ImageModel({
    ...{ config, backend, model: seen, program, recipe: 'official', labels: undefined },
    stages: family.stages(config),
    tokens: () => family.tokens(config),
  })
  const tokens = await family.tokens(config)
  /** Values of the program, computed without pools. */
  const values = async (...names: string[]) =>
    model.compile(withOutputs(program, names)).run({ pixels: await vit.pixels(picture()) })
  return { vit, tokens, values, compiled }
}

const isNear = (found: ArrayLike<number>, expected: ArrayLike<number>, bound: number) => {
  assert.is(found.length, expected.length)
  for (let i = 0; i < found.length; i++) {
    const difference = Math.abs(found[i]! - expected[i]!)
    if (difference <= bound * Math.max(1, Math.abs(expected[i]!))) continue
    assert.unreachable(`${i}: ${difference}`)
  }
}

/** The mean of rows, in f64. */
const meanOf = (rows: Float32Array, width: number) =>
  Float64Array.from({ length: width }, (_, column) => {
    const count = rows.length / width
    let sum = 0
    for (let row = 0; row < count; row++) sum += rows[row * width + column]!
    return sum / count
  })

for (const [name, config] of Object.entries(configs)) {
  test(`pools of a model: ${name}`, async () => {
    const { vit, tokens, values } = await make(config)
    const [rows, columns] = tokens.grid
    const isNormed = !('normAfterPool' in config && config.normAfterPool)
    const all = isNormed ? tokens.norm! : tokens.blocks.at(-1)!
    const { [all]: last } = await values(all)
    const width = last!.length / (tokens.prefixTokens + rows * columns)
    assert.is(width, config.width)

    const { patches, shape, grid } = await vit.embed(picture(), { pool: 'tokens' })
    assert.equal(patches, last!.slice(tokens.prefixTokens * width))
    assert.equal([shape, grid], [[rows * columns, width], tokens.grid])
    if (isNormed) {
      isNear(await vit.embed(picture(), { pool: 'mean' }), meanOf(patches, width), 1e-6)
      if (tokens.classToken) {
        assert.equal(await vit.embed(picture(), { pool: 'class' }), last!.slice(0, width))
      }
    }
    for (const pool of ['class', 'map'] as const) {
      if (pool === 'class' && tokens.classToken) continue
      const has = tokens.classToken ? 'class, mean, tokens' : 'mean, tokens'
      const { message } = await rejects(vit.embed(picture(), { pool }), UnsupportedError, /no /)
      assert.match(message, `the pool '${pool}'; it has ${has}.`)
    }
    vit.dispose()
  })
}

test('the pool that a model has of its own is the same as its default', async () => {
  const own: [config: AnyConfig, pool: 'class' | 'mean'][] = [
    [tiny, 'class'],
    [configs.distilled!, 'class'],
    [configs['mean, then norm']!, 'mean'],
    [gap, 'mean'],
    [tinyHybrid, 'class'],
    [tinyMixer, 'mean'],
  ]
  for (const [config, pool] of own) {
    const { vit } = await make(config)
    assert.equal(await vit.embed(picture(), { pool }), await vit.embed(picture()))
    vit.dispose()
  }
})

test('a norm that comes after pooling is applied to every pooled token', async () => {
  const { vit, values } = await make(gap)
  const { 'blocks.1.fc2': last } = await values('blocks.1.fc2')
  const row = last!.subarray(0, gap.width)
  const mean = row.reduce((sum, x) => sum + x, 0) / gap.width
  const deviation = Math.sqrt(row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / gap.width)
  const { 'norm.scale': scale, 'norm.bias': bias } = weightsOf(gap)
  const normed = Float64Array.from(row, (x, i) => ((x - mean) / deviation) * scale![i]! + bias![i]!)
  isNear(await vit.embed(picture(), { pool: 'class' }), normed, 1e-4)
  vit.dispose()
})

/** The random weights of `make` by name. */
function weightsOf(config: AnyConfig): Record<string, Float32Array> {
  const written: Record<string, Float32Array> = {}
  const sink: Pick<Model, 'write'> = {
    write(name, _region, _start, values) {
      written[name] = values
    },
  }
  writeRandomWeights(sink as Model, programOf(config).weights)
  return written
}

test('several images, and normalised tokens', async () => {
  const { vit } = await make(tiny)
  const [one, two] = [picture(1), picture(2)]
  const options = { pool: 'tokens', normalize: true } as const
  const [first, second] = await vit.embed([one, two], options)
  const streamed: PatchTokens[] = []
  for await (const tokens of vit.embedAll([one, two], options)) streamed.push(tokens)
  assert.equal(streamed, [first, second])
  for (let at = 0; at < first!.patches.length; at += tiny.width) {
    const length = Math.hypot(...first!.patches.subarray(at, at + tiny.width))
    assert.ok(Math.abs(length - 1) < 1e-6)
  }
  const means = await vit.embed([one, two], { pool: 'mean' })
  assert.equal(means[1], await vit.embed(two, { pool: 'mean' }))
  vit.dispose()
})

for (const [name, config] of Object.entries(configs)) {
  test(`features of a model: ${name}`, async () => {
    const { vit, tokens, values } = await make(config)
    const { blocks, prefixTokens, grid } = tokens
    const depth = blocks.length
    const width = config.width
    const expected = await values(...blocks)
    const layers = Array.from({ length: depth }, (_, i) => i)
    const raw = await vit.features(picture(), { layers, norm: false })
    raw.forEach((found, i) => {
      const all = expected[blocks[i]!]!
      assert.equal(found.patches, all.slice(prefixTokens * width))
      assert.equal(found.prefix, all.slice(0, prefixTokens * width))
      const { layer, shape, norm } = found
      assert.equal(
        { layer, shape, norm },
        { layer: i, shape: [grid[0] * grid[1], width], norm: false },
      )
      assert.equal([found.grid, found.prefixTokens], [grid, prefixTokens])
    })
    assert.equal(await vit.features(picture(), { layers: depth, norm: false }), raw)

    const [own] = await vit.features(picture())
    assert.is(own!.layer, depth - 1)
    const { patches } = await vit.embed(picture(), { pool: 'tokens' })
    assert.equal(own!.patches, patches)
    const isNormed = !('normAfterPool' in config && config.normAfterPool)
    assert.is(own!.norm, isNormed)
    if (!isNormed) {
      await rejects(
        vit.features(picture(), { norm: true }),
        UnsupportedError,
        /no norm over all tokens/,
      )
    }
    vit.dispose()
  })
}

test('features: order, the norm of earlier blocks, channels first', async () => {
  const { vit } = await make(tiny)
  const two = await vit.features(picture(), { layers: [-1, 0] })
  assert.equal(
    two.map(({ layer }) => layer),
    [1, 0],
  )
  const [raw] = await vit.features(picture(), { layers: [0], norm: false })
  const { 'norm.scale': scale, 'norm.bias': bias } = weightsOf(tiny)
  const row = raw!.patches.subarray(tiny.width, 2 * tiny.width)
  const mean = row.reduce((sum, x) => sum + x, 0) / tiny.width
  const deviation = Math.sqrt(row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / tiny.width)
  isNear(
    two[1]!.patches.subarray(tiny.width, 2 * tiny.width),
    Float64Array.from(row, (x, i) => ((x - mean) / deviation) * scale![i]! + bias![i]!),
    1e-4,
  )
  const [turned] = await vit.features(picture(), { reshape: true })
  const [plain] = await vit.features(picture())
  const [rows, columns] = plain!.grid
  assert.equal(turned!.shape, [tiny.width, rows, columns])
  const at = (row: number, column: number, channel: number) =>
    plain!.patches[(row * columns + column) * tiny.width + channel]
  for (const [row, column, channel] of [
    [0, 0, 0],
    [1, 2, 5],
    [3, 0, 31],
  ] as const) {
    assert.is(turned!.patches[(channel * rows + row) * columns + column], at(row, column, channel))
  }
  assert.equal(turned!.prefix, plain!.prefix)
  vit.dispose()
})

test('features: what the model does not have is named', async () => {
  const { vit } = await make(tiny)
  const wrong: [layers: number | number[], message: RegExp][] = [
    [3, /has 2 blocks, and layers asks for the last 3\.$/],
    [[0, 2], /blocks 0 to 1 \(or -2 to -1, from the end\), and layers has 2\.$/],
    [[-3], /and layers has -3\.$/],
    [[1, -1], /names the block 1 twice/],
  ]
  for (const [layers, message] of wrong) {
    await rejects(vit.features(picture(), { layers }), ArgumentError, message)
  }
  vit.dispose()
})

test('options are read when they are given', async () => {
  const { vit } = await make(tiny)
  const options = { norm: false }
  const running = vit.features(picture(), options)
  options.norm = true
  assert.is((await running)[0]!.norm, false)
  vit.dispose()
})

test('what is not asked for is not computed', async () => {
  const { vit, compiled } = await make({ ...tiny, depth: 4 })
  const opsOf = async (work: () => Promise<unknown>) => {
    await work()
    const { ops, values } = compiled.at(-1)!
    return ops.flatMap(outputsOf).map((id) => values[id]!.name)
  }
  const block = 8
  // Patches, tokens, two blocks of so many operations.
  const early = await opsOf(() => vit.features(picture(), { layers: [1], norm: false }))
  assert.is(early.length, 2 + 2 * block)
  const normed = await opsOf(() => vit.features(picture(), { layers: [0, 1] }))
  assert.equal(normed.length, early.length + 2)
  const own = await opsOf(() => vit.embed(picture()))
  // The same, whatever was asked for before: blocks, norm, class token; rows are cut in the last block.
  const pooled = await opsOf(() => vit.embed(picture(), { pool: 'class' }))
  assert.is(pooled.length, own.length)
  assert.not.ok([...own, ...pooled].some((name) => name.startsWith('head')))
  vit.dispose()
})

test('WebAssembly computes the same as the reference', async () => {
  const wasm = await createWasmBackend({ wide: false })
  for (const config of Object.values(configs)) {
    const [exact, fast] = await Promise.all([make(config), make(config, wasm)])
    const run = async ({ vit, tokens }: typeof exact) => {
      const depth = tokens.blocks.length
      const pools = tokens.classToken ? (['class', 'mean'] as const) : (['mean'] as const)
      const vectors = await Promise.all(pools.map((pool) => vit.embed(picture(), { pool })))
      const { patches } = await vit.embed(picture(), { pool: 'tokens' })
      const layers = await vit.features(picture(), { layers: depth })
      const raw = await vit.features(picture(), { layers: depth, norm: false })
      const of = (all: LayerFeatures[]) => all.flatMap(({ patches, prefix }) => [patches, prefix])
      return [...vectors, patches, ...of(layers), ...of(raw)]
    }
    const expected = await run(exact)
    for (const [i, found] of (await run(fast)).entries()) isNear(found, expected[i]!, 1e-4)
  }
  wasm.dispose?.()
})

test.run()
