import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import type { AnyConfig } from '../../src/families/architectures.ts'
import { ArgumentError, load, UnsupportedError } from '../../src/index.ts'
import type { Merge } from '../../src/model/token-merging.ts'
import { rejects } from '../checkpoint/collect.ts'
import { tiny, tinyMixer } from '../cli/tiny-model.ts'
import { smallVision, variations } from '../families/vision/variations.ts'
import { compareMerged, makeMerged, mergedConfigs } from './merged.ts'

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

for (const [name, config] of Object.entries(mergedConfigs)) {
  test(`${name}: maps, tokens and layers are those of all patches, on wasm as on the reference`, async () => {
    await compareMerged(await createWasmBackend(), config)
  })
}

test('what can not be merged is refused by name', async () => {
  const of = async (config: AnyConfig, merge: Merge) => makeMerged(config, referenceBackend, merge)
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
  await rejects(
    load(undefined, { merge: 8, backend: 'tfjs' }),
    UnsupportedError,
    /The backend tfjs does not merge tokens/,
  )
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
