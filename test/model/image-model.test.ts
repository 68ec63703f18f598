import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import { vitProgram } from '../../src/families/vit/program.ts'
import { runnableViT } from '../../src/families/vit/runnable.ts'
import { type LoadOptions, load, type ViTConfig, variantConfig } from '../../src/index.ts'
import { ImageModel } from '../../src/model/image-model.ts'
import { gaussian, writeRandomWeights } from '../random.ts'

const tiny: Partial<ViTConfig> = { imageSize: [32, 32], depth: 2, mlpWidth: 96, classes: 7 }

/** A small model with random weights, put together as `load` does it. */
async function randomViT(overrides: Partial<ViTConfig> = {}): Promise<ImageModel<ViTConfig>> {
  const config = variantConfig('Ti_16', { ...tiny, ...overrides })
  const backend = await createWasmBackend({ wide: false })
  const program = vitProgram(config)
  const model = backend.createModel(program.weights)
  writeRandomWeights(model, program.weights)
  const { stages, tokens } = runnableViT
  const views = { stages: stages(config), tokens: () => tokens(config) }
  const parts = { config, backend, model, program, recipe: 'official', labels: undefined } as const
  return new ImageModel({ ...parts, ...views })
}

const image = (seed: number, width = 40, height = 50) => ({
  width,
  height,
  data: Uint8Array.from(gaussian(seed, width * height * 3, 60), (x) => Math.min(255, Math.abs(x))),
})

const code = (expected: string) => (error: { code?: string }) => error.code === expected

async function rejects(promise: Promise<unknown>, check: (error: never) => boolean): Promise<void> {
  try {
    await promise
  } catch (error) {
    return assert.ok(check(error as never), String(error))
  }
  assert.unreachable('it did not fail')
}

test('classify gives the most probable classes first, and an array for an array', async () => {
  const vit = await randomViT()
  const all = await vit.classify(image(1), { topK: 100 })
  assert.is(all.length, 7)
  assert.ok(Math.abs(all.reduce((sum, { probability }) => sum + probability, 0) - 1) < 1e-12)
  assert.equal(
    all,
    [...all].sort((a, b) => b.probability - a.probability),
  )
  assert.is(all[0]!.label, String(all[0]!.index))
  const [first, second] = await vit.classify([image(1), image(2)], { topK: 2 })
  assert.equal(first, all.slice(0, 2))
  assert.is(second!.length, 2)
  assert.equal(await vit.classify([]), [])
})

test('a stream of images is classified in order, and ends where its consumer leaves', async () => {
  const vit = await randomViT()
  const images = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((seed) => image(seed))
  const expected = await vit.classify(images, { topK: 2 })
  let given = 0
  async function* source() {
    for (const one of images) {
      given++
      yield one
    }
  }
  const found: unknown[] = []
  for await (const top of vit.classifyAll(source(), { topK: 2 })) found.push(top)
  assert.equal(found, expected)
  for await (const top of vit.classifyAll(images, { topK: 2 })) {
    assert.equal(top, expected[0])
    break
  }
  given = 0
  const bad = { width: 2, height: 2, data: new Uint8Array(5) }
  async function* withBad() {
    yield images[0]!
    yield bad
    yield* source()
  }
  const results = vit.classifyAll(withBad(), { topK: 2 })
  assert.equal((await results.next()).value, expected[0])
  await rejects(results.next(), code('ARGUMENT'))
  assert.ok(given <= 9)
  await rejects(vit.classifyAll(images, { signal: AbortSignal.abort() }).next(), (e: Error) => {
    return e.name === 'AbortError'
  })
})

test('calls may overlap and do not disturb each other', async () => {
  const vit = await randomViT()
  const images = [1, 2, 3, 4, 5].map((seed) => image(seed))
  const alone: unknown[] = []
  for (const one of images) alone.push([await vit.embed(one), await vit.attention(one)])
  const together = await Promise.all(
    images.map(async (one) => Promise.all([vit.embed(one), vit.attention(one)])),
  )
  assert.equal(together, alone)
})

test('logits of a batch are those of its images, per token where nothing is pooled', async () => {
  const vit = await randomViT()
  const pixels = gaussian(3, 3 * 32 * 32 * 3)
  const batch = await vit.logits(pixels, { count: 3 })
  assert.is(batch.length, 3 * 7)
  assert.equal(await vit.logits(pixels.subarray(32 * 32 * 3, 2 * 32 * 32 * 3)), batch.slice(7, 14))
  const unpooled = await randomViT({ classifier: 'token_unpooled' })
  assert.is((await unpooled.logits(pixels)).length, 3 * 5 * 7)
  await rejects(unpooled.classify(image(1)), code('UNSUPPORTED'))
  assert.is((await unpooled.embed(image(1))).length, 5 * 192)
})

test('attention gives all maps and a rollout over the grid', async () => {
  const vit = await randomViT()
  const { layers, shape, rollout, grid } = await vit.attention(image(1))
  assert.equal(
    [shape, grid],
    [
      [2, 3, 5, 5],
      [2, 2],
    ],
  )
  assert.is(layers.length, 2 * 3 * 5 * 5)
  assert.is(rollout.length, 4)
  for (let row = 0; row < layers.length; row += 5) {
    const sum = layers.subarray(row, row + 5).reduce((a, b) => a + b, 0)
    assert.ok(Math.abs(sum - 1) < 1e-5)
  }
  const pooled = await randomViT({ classifier: 'gap', classToken: false })
  const share = (await pooled.attention(image(1))).rollout.reduce((a, b) => a + b, 0)
  assert.ok(Math.abs(share - 1) < 1e-5)
})

test('a model without a head embeds and says that it can’t classify', async () => {
  const vit = await randomViT({ classes: 0 })
  assert.is((await vit.embed(image(1))).length, 192)
  await rejects(vit.classify(image(1)), code('UNSUPPORTED'))
})

test('wrong arguments are refused', async () => {
  const vit = await randomViT()
  for (const topK of [0, -1, 1.5, Number.NaN]) {
    await rejects(vit.classify(image(1), { topK }), code('ARGUMENT'))
  }
  await rejects(vit.logits(new Float32Array(10)), code('ARGUMENT'))
  await rejects(vit.logits(new Float32Array(0)), code('ARGUMENT'))
  await rejects(vit.logits(new Array(32 * 32 * 3).fill(0) as never), code('ARGUMENT'))
  await rejects(vit.logits(new Float32Array(32 * 32 * 3), { count: 2 }), code('ARGUMENT'))
  await rejects(vit.classify(42 as never), code('ARGUMENT'))
  await rejects(vit.classify({ width: 2, height: 2, data: new Uint8Array(5) }), code('ARGUMENT'))
  const options = [
    { backend: 'cuda' },
    { dtype: 'int2' },
    { preprocess: 'nonsense' },
    { variant: 'B_17' },
    { imageSize: 32, config: { imageSize: [32, 32] } },
    { imageSize: '224' },
    { config: { gelu: 'relu' } },
    { config: { haeds: 3 } },
    { kernels: 'mmx' },
  ]
  for (const option of options) {
    await rejects(load(undefined, option as LoadOptions), (error: { code?: string }) => {
      return error.code === 'ARGUMENT' || error.code === 'UNSUPPORTED'
    })
  }
})

test('an abort ends a call before and while it runs, and the next one works', async () => {
  const vit = await randomViT({ depth: 12, imageSize: [224, 224] })
  await rejects(vit.embed(image(1), { signal: AbortSignal.abort() }), (error: Error) => {
    return error.name === 'AbortError'
  })
  const controller = new AbortController()
  const running = vit.embed(image(1), { signal: controller.signal })
  setTimeout(() => controller.abort(), 1)
  await rejects(running, (error: Error) => error.name === 'AbortError')
  assert.is((await vit.embed(image(1))).length, 192)
})

test('after dispose everything fails with a DisposedError, calls under way too', async () => {
  const vit = await randomViT({ depth: 12, imageSize: [224, 224] })
  const running = vit.embed(image(1))
  setTimeout(() => vit.dispose(), 1)
  await rejects(running, code('DISPOSED'))
  await rejects(vit.classify(image(1)), code('DISPOSED'))
  vit.dispose()
})

test('timers have their turn while a model runs', async () => {
  const vit = await randomViT({ depth: 12, imageSize: [224, 224] })
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  await vit.embed(image(1))
  clearInterval(timer)
  assert.ok(turns > 0, `${turns} turns`)
})

test('a model too large for 32-bit addresses is refused before anything is allocated', async () => {
  const backend = await createWasmBackend({ wide: false })
  const program = vitProgram(variantConfig('H_14', { depth: 60 }))
  assert.throws(() => backend.createModel(program.weights), code('MEMORY'))
})

test.run()
