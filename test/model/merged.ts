import * as assert from 'uvu/assert'
import type { Backend } from '../../src/backends/backend.ts'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { type AnyConfig, programOf } from '../../src/families/architectures.ts'
import { runnableOf } from '../../src/families/runnables.ts'
import { ImageModel } from '../../src/model/image-model.ts'
import { type Merge, mergeTokens } from '../../src/model/token-merging.ts'
import { tiny, tinyHybrid, tinyLiT } from '../cli/tiny-model.ts'
import { gaussian, writeRandomWeights } from '../random.ts'

/** Models of every kind whose tokens merge. */
export const mergedConfigs: Readonly<Record<string, AnyConfig>> = {
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

export async function makeMerged(config: AnyConfig, backend: Backend, merge: Merge) {
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

/** Maps, tokens and layers are those of all patches, as the reference has them. */
export async function compareMerged(backend: Backend, config: AnyConfig): Promise<void> {
  const { vit, tokens } = await makeMerged(config, referenceBackend, 1)
  const other = (await makeMerged(config, backend, 1)).vit
  const [rows, columns] = tokens.grid
  const all = tokens.prefixTokens + rows * columns
  const heads = tokens.encoder!.heads
  const maps = await vit.attention(picture)
  assert.equal(maps.shape, [tokens.blocks.length, heads, all, all])
  for (let at = 0; at < maps.layers.length; at += all) {
    const sum = maps.layers.subarray(at, at + all).reduce((a, b) => a + b, 0)
    assert.ok(Math.abs(sum - 1) < 1e-5, `a row sums to ${sum}`)
  }
  isNear((await other.attention(picture)).layers, maps.layers)
  isNear((await other.attention(picture)).rollout, maps.rollout)

  const { patches, shape } = await vit.embed(picture, { pool: 'tokens' })
  assert.equal(shape, [rows * columns, tokens.encoder!.width])
  assert.ok(distinct(patches, shape[0]) < shape[0], 'some became one')
  isNear((await other.embed(picture, { pool: 'tokens' })).patches, patches)
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
  for (const [i, layer] of (await other.features(picture, { layers: counts.length })).entries()) {
    isNear(layer.patches, layers[i]!.patches)
  }
  isNear(await other.embed(picture), await vit.embed(picture))
  vit.dispose()
  other.dispose()
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
