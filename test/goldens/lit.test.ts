import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { preprocess } from '../../src/image/preprocess/preprocess.ts'
import { load } from '../../src/load.ts'
import { loadImageText, loadTokenizer } from '../../src/text/index.ts'
import {
  hasShared,
  sharedBytes,
  sharedF32,
  sharedF64,
  sharedI32,
  sharedJSON,
  sharedPath,
  sharedTest,
} from '../shared.ts'
import { assertWithin } from './model.ts'

// What the official code computes (models_lit.py with flaxformer's BERT, tensorflow_text and sentencepiece): tokens
// exactly, pixels bit for bit, embeddings in float64.
const BOUND = 5e-5
const PROBABILITY_BOUND = 1e-5
const root = 'golden/lit'

interface File {
  readonly file: string
}

interface TokenizerGolden {
  readonly max_len_16: File
  readonly max_len_64: File
  readonly unpadded_word_pieces?: readonly (readonly string[])[][]
  readonly pieces?: readonly (readonly string[])[]
}

interface ModelGolden {
  readonly checkpoint: File
  readonly tokenizer: string
  readonly image: { readonly hidden_size: number }
  readonly text: { readonly bert?: { readonly num_attention_heads: number } }
  readonly f64: Readonly<
    Record<'zimg' | 'ztxt' | 'temperature' | 'similarity' | 'probabilities_over_texts', File>
  >
}

interface Golden {
  readonly tokenizers: {
    readonly sentences: readonly string[]
    readonly bert: TokenizerGolden & { readonly vocab: string }
    readonly sentencepiece: Readonly<Record<string, TokenizerGolden & { readonly model: string }>>
  }
  readonly images: readonly ({
    readonly height: number
    readonly width: number
    readonly size: number
  } & Readonly<Record<'input' | 'squash' | 'crop', File>>)[]
  readonly models: Readonly<Record<string, ModelGolden>>
}

const golden = hasShared ? sharedJSON<Golden>(`${root}/golden.json`) : undefined
const at = ({ file }: File) => `${root}/${file}`

/** The vocabularies by the names that models have for them. */
const vocabularies = golden && {
  bert: golden.tokenizers.bert.vocab,
  ...Object.fromEntries(
    Object.entries(golden.tokenizers.sentencepiece).map(([name, { model }]) => [name, model]),
  ),
}
const vocabularyOf = (name: string) =>
  sharedPath(`${root}/${(vocabularies as Record<string, string>)[name]}`)

sharedTest('tokens and pieces are equal', async () => {
  const { sentences, bert, sentencepiece } = golden!.tokenizers
  for (const [name, found] of [['bert', bert] as const, ...Object.entries(sentencepiece)]) {
    const tokenizer = await loadTokenizer(vocabularyOf(name))
    for (const length of [16, 64] as const) {
      const tokens = sharedI32(at(found[`max_len_${length}`]))
      sentences.forEach((text, i) => {
        const wanted = tokens.subarray(i * length, (i + 1) * length)
        assert.equal(tokenizer.encode(text, length), wanted, `${name}: ${text}`)
      })
    }
    const pieces = found.pieces ?? found.unpadded_word_pieces!.map((words) => words.flat())
    sentences.forEach((text, i) => {
      assert.equal(tokenizer.pieces(text), pieces[i], `${name}: ${text}`)
    })
  }
})

sharedTest('images are preprocessed to the same bits', () => {
  for (const { height, width, size, input, squash, crop } of golden!.images) {
    const image = { height, width, data: sharedBytes(at(input)) }
    const sides = [size, size] as const
    assert.equal(preprocess(image, 'lit', sides), sharedF32(at(squash)))
    assert.equal(preprocess(image, 'lit-crop', sides), sharedF32(at(crop)))
  }
})

/** The images of all models, 32 x 32, as they were before -1 + 2 * x / 255. */
function modelImages() {
  const values = sharedF32(`${root}/model_images.f32le.bin`)
  const bytes = Uint8Array.from(values, (value) => Math.round((value + 1) * 127.5))
  const size = 32 * 32 * 3
  return Array.from({ length: bytes.length / size }, (_, i) => ({
    width: 32,
    height: 32,
    data: bytes.subarray(i * size, (i + 1) * size),
  }))
}

const flat = (vectors: readonly Float32Array[]) => vectors.flatMap((vector) => [...vector])

for (const backend of ['reference', 'wasm'] as const) {
  for (const [name, found] of Object.entries(golden?.models ?? {})) {
    sharedTest(`${name} on ${backend}`, async () => {
      const textHeads = found.text.bert?.num_attention_heads
      const config = textHeads === undefined ? {} : { textHeads }
      const path = sharedPath(at(found.checkpoint))
      const vocabulary = vocabularyOf(found.tokenizer)
      const texts = golden!.tokenizers.sentences
      const images = modelImages()
      const model = await loadImageText(path, { backend, vocabulary, config })
      const check = (values: ArrayLike<number>, of: keyof ModelGolden['f64'], bound: number) =>
        assertWithin(values, sharedF64(at(found.f64[of])), bound, of)

      check(flat(await model.embed(images, { normalize: true })), 'zimg', BOUND)
      check(flat(await model.embedText(texts, { normalize: true })), 'ztxt', BOUND)
      check([model.temperature], 'temperature', 1e-6)

      const cosines = await Promise.all(images.map((image) => model.similarity(image, texts)))
      const similarity = flat(cosines).map((cosine) => cosine * model.temperature)
      check(similarity, 'similarity', BOUND * model.temperature)

      const classifier = await model.zeroShot(texts)
      const all = await Promise.all(images.map((image) => classifier.probabilities(image)))
      check(flat(all), 'probabilities_over_texts', PROBABILITY_BOUND)
      model.dispose()

      const tower = await load(path, { backend, config })
      const features = await tower.embed(images, { normalize: true })
      check(flat(features), 'zimg', BOUND)
      tower.dispose()
    })
  }
}

test.run()
