import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Backend } from '../../src/backends/backend.ts'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import { type AnyConfig, programOf } from '../../src/families/architectures.ts'
import { runnableOf } from '../../src/families/runnables.ts'
import { ArgumentError, load, UnsupportedError } from '../../src/index.ts'
import { ImageModel } from '../../src/model/image-model.ts'
import { type Merge, mergeTokens } from '../../src/model/token-merging.ts'
import { rejects } from '../checkpoint/collect.ts'
import { tiny, tinyHybrid, tinyLiT, tinyMixer } from '../cli/tiny-model.ts'
import { smallVision, variations } from '../families/vision/variations.ts'
import { gaussian, writeRandomWeights } from '../random.ts'

const cat = new URL('../../examples/chelsea.png', import.meta.url)

test('the embedded model knows a cat by fewer tokens, in every type and with any number of threads', async () => {
  for (const dtype of ['f32', 'int16', 'int8'] as const) {
    const all: Float32Array[] = []
    for (const threads of [1, 2]) {
      const vit = await load(undefined, { merge: 8, dtype, threads })
      const [first] = await vit.classify(cat)
      assert.is(first!.label, 'Egyptian cat', dtype)
      all.push(await vit.logits(await vit.pixels(cat)))
      vit.dispose()
    }
    assert.equal(all[0], all[1], `${dtype}: the same bits`)
  }
})

test('no merge, and merges of none, are the same bits', async () => {
  const [plain, none] = await Promise.all([load(), load(undefined, { merge: 0 })])
  const pixels = await plain.pixels(cat)
  assert.equal(await none.logits(pixels), await plain.logits(pixels))
  plain.dispose()
  none.dispose()
})

const configs: Readonly<Record<string, AnyConfig>> = {
  'class token': tiny,
  distilled: { ...tiny, distilled: true },
  'mean, then norm': { ...tiny, classifier: 'gap', normAfterPool: true, classToken: false },
  'mean of an MAE': { ...tiny, classifier: 'gap' },
  hybrid: tinyHybrid,
  // The last block merges none where only the class token is read.
  LiT: { ...tinyLiT, depth: 2 },
}

const picture = {
  width: 40,
  height: 32,
  data: Uint8Array.from(gaussian(1, 40 * 32 * 3, 60), (x) => Math.min(255, Math.abs(x))),
}

async function make(config: AnyConfig, backend: Backend, merge: Merge) {
  const family = await runnableOf(config)
  const tokens = await family.tokens(config)
  const own = programOf(config)
  const { merged: program, merging } = mergeTokens(own, tokens, merge)
  const model = backend.createModel(own.weights)
  writeRandomWeights(model, own.weights)
  const vit = new ImageModel({
    ...{ config, backend, model, program, merging, recipe: 'official', labels: undefined },
    stages: family.stages(config),
    tokens: async () => tokens,
  })
  return { vit, tokens }
}

for (const [name, config] of Object.entries(configs)) {
  test(`${name}: maps, tokens and layers are those of all patches, on wasm as on the reference`, async () => {
    const { vit, tokens } = await make(config, referenceBackend, 1)
    const wasm = (await make(config, await createWasmBackend(), 1)).vit
    const [rows, columns] = tokens.grid
    const all = tokens.prefixTokens + rows * columns
    const heads = tokens.encoder!.heads
    const maps = await vit.attention(picture)
    assert.equal(maps.shape, [tokens.blocks.length, heads, all, all])
    for (let at = 0; at < maps.layers.length; at += all) {
      const sum = maps.layers.subarray(at, at + all).reduce((a, b) => a + b, 0)
      assert.ok(Math.abs(sum - 1) < 1e-5, `a row sums to ${sum}`)
    }
    isNear((await wasm.attention(picture)).layers, maps.layers)
    isNear((await wasm.attention(picture)).rollout, maps.rollout)

    const { patches, shape } = await vit.embed(picture, { pool: 'tokens' })
    assert.equal(shape, [rows * columns, tokens.encoder!.width])
    assert.ok(distinct(patches, shape[0]) < shape[0], 'some became one')
    isNear((await wasm.embed(picture, { pool: 'tokens' })).patches, patches)
    // The mean over patches is that over tokens, each of which counts as often as it has patches.
    if (!('normAfterPool' in config && config.normAfterPool)) {
      const mean = Float32Array.from({ length: shape[1] }, (_, j) => {
        let sum = 0
        for (let i = 0; i < shape[0]; i++) sum += patches[i * shape[1] + j]!
        return sum / shape[0]
      })
      isNear(await vit.embed(picture, { pool: 'mean' }), mean)
    }
    const layers = await vit.features(picture, { layers: tokens.blocks.length })
    const counts = layers.map((layer) => {
      assert.is(layer.prefix.length, tokens.prefixTokens * shape[1])
      return distinct(layer.patches, shape[0])
    })
    assert.equal(
      counts,
      [...counts].sort((a, b) => b - a),
    )
    for (const [i, layer] of (await wasm.features(picture, { layers: counts.length })).entries()) {
      isNear(layer.patches, layers[i]!.patches)
    }
    isNear(await wasm.embed(picture), await vit.embed(picture))
    vit.dispose()
    wasm.dispose()
  })
}

/** How many different rows there are. */
function distinct(values: Float32Array, rows: number): number {
  const width = values.length / rows
  const texts = Array.from({ length: rows }, (_, i) =>
    values.subarray(i * width, (i + 1) * width).join(),
  )
  return new Set(texts).size
}

function isNear(found: Float32Array, expected: Float32Array): void {
  assert.is(found.length, expected.length)
  found.forEach((x, i) => {
    const error = Math.abs(x - expected[i]!)
    assert.ok(error <= 2e-5 * Math.max(1, Math.abs(expected[i]!)), `[${i}] is off by ${error}`)
  })
}

test('what can not be merged is refused by name', async () => {
  const of = async (config: AnyConfig, merge: Merge) => make(config, referenceBackend, merge)
  await rejects(of(tinyMixer, 1), UnsupportedError, /no attention/)
  const unpooled = { ...tiny, classifier: 'unpooled', classToken: false } as const
  await rejects(of(unpooled, 1), UnsupportedError, /a row for each token/)
  await rejects(of(tiny, [1]), ArgumentError, /merge has 1 numbers, and this model \d+ blocks/)
  await rejects(of(tiny, 'auto'), UnsupportedError, /'auto' knows the accuracy of 12 blocks/)
  const bound = ['centred rotations, no positions', 'indexed rotations', 'relative positions']
  for (const [name, variation] of Object.entries(variations)) {
    const config = { ...smallVision, ...variation }
    if (bound.some((begin) => name.startsWith(begin))) {
      await rejects(of(config, 1), UnsupportedError, /depends on where tokens are/)
    } else (await of(config, 1)).vit.dispose()
  }
  for (const backend of ['webgpu', 'tfjs', 'auto'] as const) {
    await rejects(
      load(undefined, { merge: 8, backend }),
      UnsupportedError,
      /on the backends wasm and reference only/,
    )
  }
})

test("'auto' is a number that was measured", async () => {
  const [auto, eight] = await Promise.all([
    load(undefined, { merge: 'auto' }),
    load(undefined, { merge: 8 }),
  ])
  const pixels = await auto.pixels(cat)
  assert.equal(await auto.logits(pixels), await eight.logits(pixels))
  auto.dispose()
  eight.dispose()
})

test.run()
