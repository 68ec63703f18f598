import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { loadPieces } from '../../src/checkpoint/plan/load.ts'
import { ownMetadata } from '../../src/checkpoint/plan/metadata.ts'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { SourceError, UnsupportedError } from '../../src/errors.ts'
import type { DualConfig } from '../../src/families/dual/config.ts'
import { dualTextProgram } from '../../src/families/dual/text-program.ts'
import { planOwn } from '../../src/families/own-plan.ts'
import { load } from '../../src/load.ts'
import { loadImageText, loadZeroShot } from '../../src/text/index.ts'
import { rejects } from '../checkpoint/collect.ts'
import { asSafetensors, randomTensors, type TensorToMake } from '../checkpoint/models.ts'
import { smallDual, smallNaflex, smallSiglip } from '../families/vision/variations.ts'
import { assertWithin } from '../goldens/model.ts'
import { mergesFile, pieces, vocabularyFile } from './bpe-files.ts'
import { pictures } from './inputs.ts'
import { makeModel, special } from './sentencepiece-file.ts'

// Models of images and texts with their tokenizers, as a user calls them; test/goldens/dual.test.ts compares the towers
// with transformers and open_clip.

const BOUND = 5e-5

const words = ['▁', '▁a', '▁dog', '▁cat', 'd', 'o', 'g', 'c', 'a', 't', 's']
const unigrams = words.map((text, i) => ({ text, score: -1 - i / 4 }))

interface Made {
  readonly config: DualConfig
  readonly files: Readonly<Record<string, Uint8Array>>
}

const models: Readonly<Record<string, Made>> = {
  clip: {
    config: { ...smallDual, vocabulary: pieces.length, cleaning: 'transformers' },
    files: { 'merges.txt': mergesFile(), 'vocab.json': vocabularyFile() },
  },
  siglip: {
    config: {
      ...smallSiglip,
      vocabulary: special.length + words.length,
      cleaning: 'transformers',
    },
    files: { 'spiece.model': makeModel({ type: 1, pieces: [...special, ...unigrams] }) },
  },
  naflex: {
    config: {
      ...smallNaflex,
      vocabulary: special.length + words.length,
      cleaning: 'transformers',
    },
    files: { 'spiece.model': makeModel({ type: 1, pieces: [...special, ...unigrams] }) },
  },
}

const sigmoidNames: readonly string[] = ['siglip', 'naflex']

const scalars: Readonly<Record<string, number>> = { logit_scale: Math.log(12), logit_bias: -3 }

const recipeOf = ({ family }: DualConfig) => (family === 'naflex' ? 'naflex' : 'clip')

/** A folder with a model and its tokenizer. */
async function withFolder(
  { config, files }: Made,
  use: (path: string, tensors: readonly TensorToMake[]) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-dual-'))
  try {
    const tensors = (await randomTensors(config, 'own')).map((tensor) =>
      tensor.name in scalars
        ? { ...tensor, values: Float32Array.of(scalars[tensor.name]!) }
        : tensor,
    )
    const path = join(folder, 'model.safetensors')
    writeFileSync(
      path,
      await asSafetensors(tensors, ownMetadata({ config, recipe: recipeOf(config) })),
    )
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes)
    await use(path, tensors)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The embedding of tokens, in float64. */
async function textEmbedding(
  path: string,
  config: DualConfig,
  tokens: Int32Array,
): Promise<Float32Array> {
  const file = await openCheckpoint(path)
  const plan = (await planOwn(file, {}, {}))!
  const program = dualTextProgram(config, tokens.length)
  const model = referenceBackend.createModel(program.weights)
  const wanted = program.weights.flatMap(({ name }) => plan.pieces.get(name) ?? [])
  await loadPieces(file, wanted, model)
  await file.close()
  return (await model.compile(program).run({ tokens })).features!
}

function cosine(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const [a, b] = [Array.from(one), Array.from(other)]
  const dot = a.reduce((sum, value, i) => sum + value * b[i]!, 0)
  return dot / Math.hypot(...a) / Math.hypot(...b)
}

const texts = ['a dog', 'cats', 'a cat, a dog']

for (const [name, made] of Object.entries(models)) {
  for (const backend of ['reference', 'wasm'] as const) {
    test(`${name} on ${backend}: texts, similarities and zero-shot classes`, async () => {
      await withFolder(made, async (path) => {
        const model = await loadImageText(path, { backend })
        const { config, tokenizer } = model
        assert.equal(config, made.config)
        const found = await model.embedText(texts)
        for (const [i, text] of texts.entries()) {
          const tokens = tokenizer.encode(text, made.config.maxLength)
          assert.is(tokens.length < made.config.maxLength, name === 'clip' && i < 2, text)
          const expected = await textEmbedding(path, made.config, tokens)
          assertWithin(found[i]!, expected, BOUND, text)
        }
        const [picture] = pictures
        const image = await model.embed(picture!)
        const cosines = found.map((text) => cosine(image, text))
        assertWithin(await model.similarity(picture!, texts), cosines, 1e-6, 'similarity')

        assert.ok(Math.abs(model.temperature - 12) < 1e-4)
        assert.is(model.similarityBias, name === 'clip' ? 0 : -3)
        const zeroShot = await model.zeroShot(texts)
        assert.is(zeroShot.multiLabel, sigmoidNames.includes(name))
        const logits = cosines.map((value) => 12 * value)
        const sum = logits.reduce((sum, logit) => sum + Math.exp(logit), 0)
        const probabilities = logits.map((logit) =>
          name === 'clip' ? Math.exp(logit) / sum : 1 / (1 + Math.exp(3 - logit)),
        )
        assertWithin(await zeroShot.probabilities(picture!), probabilities, 1e-5, 'zero shot')

        // What is saved needs the image tower only.
        const bytes = await zeroShot.save()
        const images = await load(path, { backend, dtype: 'f32' })
        const again = await loadZeroShot(bytes, images)
        assertWithin(
          await again.probabilities(picture!),
          await zeroShot.probabilities(picture!),
          1e-6,
          'saved',
        )
        images.dispose()
        model.dispose()
      })
    })
  }

  test(`${name} in int8 is near`, async () => {
    await withFolder(made, async (path) => {
      const exact = await loadImageText(path, { backend: 'wasm' })
      const int8 = await loadImageText(path, { backend: 'wasm', dtype: 'int8' })
      const wanted = await exact.embedText(texts)
      const found = await int8.embedText(texts)
      for (const [i, text] of found.entries()) assert.ok(cosine(text, wanted[i]!) > 0.99)
      exact.dispose()
      int8.dispose()
    })
  })
}

test('an image tower alone has no texts, and says so', async () => {
  const { clip } = models
  const config: DualConfig = { ...clip!.config, textDepth: 0, similarityBias: false }
  const file = await asSafetensors(
    await randomTensors(config, 'own'),
    ownMetadata({ config, recipe: 'clip' }),
  )
  await rejects(loadImageText(file), UnsupportedError, /clip and no text tower/)
  const model = await load(file)
  assert.is((await model.embed(pictures[0]!)).length, 6)
  model.dispose()
})

test('a missing vocabulary is named', async () => {
  await withFolder({ ...models.clip!, files: {} }, async (path) => {
    await rejects(loadImageText(path), SourceError, /merges\.txt/)
  })
})

test.run()
