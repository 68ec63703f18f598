import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  ArgumentError,
  CheckpointError,
  DisposedError,
  FormatError,
  NumericError,
  SourceError,
  UnsupportedError,
} from '../../src/errors.ts'
import type { LiTConfig } from '../../src/families/lit/config.ts'
import { timm } from '../../src/families/vit/names/timm.ts'
import { load } from '../../src/load.ts'
import {
  type ImageTextOptions,
  loadImageText,
  loadTokenizer,
  loadZeroShot,
} from '../../src/text/index.ts'
import { rejects } from '../checkpoint/collect.ts'
import { asNpz, asSafetensors, smallConfig, tensorsOf } from '../checkpoint/models.ts'
import { assertWithin } from '../goldens/model.ts'
import { withHub } from '../hub/setup.ts'
import { pictures, texts } from './inputs.ts'
import { textEmbedding } from './oracle.ts'
import { litTensors, sentencePieces, tiny, unsaid, vocabularies, wordPieces } from './tiny-lit.ts'

const BOUND = 5e-5
const names = Object.keys(tiny) as (keyof typeof tiny)[]

const optionsOf = (name: keyof typeof tiny): ImageTextOptions => ({
  backend: 'reference',
  vocabulary: vocabularies[name],
  config: unsaid[name],
})

const open = (name: keyof typeof tiny, options: ImageTextOptions = {}) =>
  loadImageText(asNpz(litTensors(tiny[name])), { ...optionsOf(name), ...options })

function unit(vector: ArrayLike<number>): number[] {
  const values = Array.from(vector)
  const length = Math.hypot(...values) + 1e-8
  return values.map((value) => value / length)
}

const dot = (one: readonly number[], other: readonly number[]) =>
  one.reduce((sum, value, i) => sum + value * other[i]!, 0)

for (const backend of ['reference', 'wasm'] as const) {
  for (const name of names) {
    test(`${name} on ${backend}: texts are embedded as with padding and a mask`, async () => {
      const model = await open(name, { backend })
      const found = await model.embedText(texts)
      const { tokenizer, config } = model
      texts.forEach((text, i) => {
        const tokens = tokenizer.encode(text, config.maxLength)
        const expected = textEmbedding(config as LiTConfig, litTensors(tiny[name]), tokens)
        assertWithin(found[i]!, expected, BOUND, text)
      })
      const [first] = await model.embedText(texts.slice(0, 1), { normalize: true })
      assertWithin(first!, unit(found[0]!), 1e-6, 'normalised')
      assertWithin(await model.embedText(texts[0]!), found[0]!, 1e-6, 'one text')
      assert.equal(await model.embedText([]), [])
      assert.ok(Math.abs(model.temperature - 12) < 1e-5)
      model.dispose()
    })
  }
}

test('the image tower alone gives the same embeddings', async () => {
  for (const name of names) {
    const bytes = asNpz(litTensors(tiny[name]))
    const whole = await open(name)
    const tower = await load(bytes, { backend: 'reference', config: unsaid[name] })
    assert.equal(await tower.embed(pictures), await whole.embed(pictures))
    assert.is((await tower.embed(pictures[0]!)).length, tiny[name].embedding)
    assert.is(tower.preprocess, 'lit')
    assert.is((await tower.attention(pictures[0]!)).grid.join(), '3,3')
    await rejects(tower.classify(pictures[0]!), UnsupportedError, /no head; see embed/)
  }
})

test('probabilities are the softmax of temperature and cosine, templates are averaged', async () => {
  const model = await open('bert')
  const labels = ['dog', 'cat', 'red b']
  const templates = ['a photo of {}', '{}, {}!']
  const classifier = await model.zeroShot(labels, { templates })
  const image = unit(await model.embed(pictures[0]!))
  const means = []
  for (const label of labels) {
    const filled = templates.map((template) => template.replaceAll('{}', label))
    const [one, other] = (await model.embedText(filled)).map(unit)
    means.push(unit(one!.map((value, i) => value + other![i]!)))
  }
  const powers = means.map((mean) => Math.exp(model.temperature * dot(image, mean)))
  const sum = powers.reduce((a, b) => a + b)
  const expected = powers.map((power) => power / sum)
  assertWithin(await classifier.probabilities(pictures[0]!), expected, 1e-5, 'probabilities')

  const predictions = await classifier.classify(pictures[0]!)
  assert.equal(predictions.map(({ label }) => label).sort(), [...labels].sort())
  for (const { index, label, probability } of predictions) {
    assert.is(label, labels[index])
    assert.ok(Math.abs(probability - expected[index]!) < 1e-5)
  }
  assert.ok(predictions[0]!.probability >= predictions[1]!.probability)
  assert.equal(await classifier.classify([pictures[0]!], { topK: 1 }), [predictions.slice(0, 1)])

  const cosines = await model.similarity(pictures[0]!, labels)
  const alone = (await model.embedText(labels)).map((text) => dot(image, unit(text)))
  assertWithin(cosines, alone, 1e-6, 'similarity')
  model.dispose()
})

test('several labels are judged each against the text without a label', async () => {
  const model = await open('transformer')
  const labels = ['dog', 'cat']
  const several = await model.zeroShot(labels, { templates: ['a {}'], multiLabel: true })
  const found = await several.probabilities(pictures[1]!)
  for (const [i, label] of labels.entries()) {
    const [own, none] = await model.similarity(pictures[1]!, [`a ${label}`, 'a '])
    const odds = Math.exp(model.temperature * (own! - none!))
    assert.ok(Math.abs(found[i]! - odds / (1 + odds)) < 1e-5)
  }
  assert.ok(several.multiLabel)
  model.dispose()
})

test('a saved classifier runs on the image tower alone, of the same model only', async () => {
  for (const multiLabel of [false, true]) {
    const model = await open('bert')
    const made = await model.zeroShot(['dog', 'cat'], { multiLabel })
    const bytes = await made.save()
    const expected = await made.probabilities(pictures[2]!)
    model.dispose()

    const tower = await load(asNpz(litTensors(tiny.bert)), {
      backend: 'reference',
      config: unsaid.bert,
    })
    const again = await loadZeroShot(bytes, tower)
    assert.equal(again.labels, ['dog', 'cat'])
    assert.is(again.multiLabel, multiLabel)
    assert.equal(await again.probabilities(pictures[2]!), expected)
    assert.equal(await again.save(), bytes)

    const other = await open('bare')
    await rejects(loadZeroShot(bytes, other), ArgumentError, /texts of another model/)
    await rejects(
      loadZeroShot(await asSafetensors(litTensors(tiny.bert)), tower),
      FormatError,
      /no saved zero-shot classifier/,
    )
    const text = new TextDecoder('latin1').decode(bytes)
    const changed = text.replace('\\"cat\\"]', '\\"ca\\",1')
    const broken = Uint8Array.from(changed, (char) => char.charCodeAt(0))
    await rejects(loadZeroShot(broken, tower), FormatError, /not JSON|don't fit together/)
  }
})

test('the vocabulary lies beside the checkpoint, or is given', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-lit-'))
  try {
    const path = join(folder, 'LiT-tiny.npz')
    writeFileSync(path, asNpz(litTensors(tiny.bert)))
    const options = { backend: 'reference', config: unsaid.bert } as const
    await rejects(
      loadImageText(path, options),
      SourceError,
      /LiT-tiny\.npz needs .* neither LiT-tiny\.txt nor vocab\.txt lies beside it.*option vocabulary/,
    )
    for (const name of ['vocab.txt', 'LiT-tiny.txt']) {
      writeFileSync(join(folder, name), wordPieces)
      assert.is((await loadImageText(path, options)).tokenizer.size, tiny.bert.vocabulary)
    }
    writeFileSync(join(folder, 'LiT-tiny.txt'), sentencePieces)
    await rejects(loadImageText(path, options), FormatError, /LiT-tiny\.txt is no vocabulary/)
    const vocabulary = join(folder, 'vocab.txt')
    assert.is((await loadImageText(path, { ...options, vocabulary })).tokenizer.kind, 'wordpiece')
  } finally {
    rmSync(folder, { recursive: true })
  }
  const bytes = asNpz(litTensors(tiny.bert))
  const config = unsaid.bert
  await rejects(loadImageText(bytes, { config }), SourceError, /nothing lies beside bytes/)
})

test('a published model comes with its vocabulary', async () => {
  await withHub(async ({ server, cache }) => {
    server.put('/vit_models/lit/LiT-L16Ti.npz', asNpz(litTensors(tiny.transformer)))
    const options = { backend: 'reference', hub: { url: server.url, cache } } as const
    await rejects(loadImageText('LiT-L16Ti', options), SourceError, /LiT-L16Ti\.model/)
    server.put('/vit_models/lit/LiT-L16Ti.model', sentencePieces)
    for (const name of ['LiT-L16Ti', 'gs://vit_models/lit/LiT-L16Ti.npz']) {
      const model = await loadImageText(name, options)
      assert.is((await model.embedText('a dog')).length, tiny.transformer.embedding)
    }
    const offline = { ...options, hub: { ...options.hub, offline: true } }
    assert.is((await loadImageText('LiT-L16Ti', offline)).tokenizer.kind, 'sentencepiece')
  })
})

test('wrong models, vocabularies, options and texts are refused', async () => {
  const vit = await asSafetensors(tensorsOf(timm, smallConfig))
  await rejects(
    loadImageText(vit, { config: { heads: 2 }, vocabulary: wordPieces, onNotice: () => {} }),
    UnsupportedError,
    /model of images only, of the family vit/,
  )
  const long = new Uint8Array([...wordPieces, ...new TextEncoder().encode('\nmore\nand more')])
  await rejects(open('bert', { vocabulary: long }), CheckpointError, /has 19 pieces.*for 17/)
  await rejects(open('bert', { vocabulary: sentencePieces }), FormatError, /no vocabulary of BERT/)
  await rejects(
    open('transformer', { vocabulary: wordPieces }),
    FormatError,
    /no model of sentence/,
  )
  await rejects(open('bert', { colour: 1 } as never), ArgumentError, /no option colour/)
  await rejects(open('bert', { config: { classes: 3 } as never }), ArgumentError, /classes must be/)
  await rejects(open('bert', { config: { textHeads: 4 } as never }), ArgumentError, /4 heads/)
  await rejects(
    open('bert', { config: { ...unsaid.bert, maxLength: 21 } }),
    ArgumentError,
    /20 pos/,
  )
  await rejects(loadImageText(undefined as never), ArgumentError, /needs a checkpoint/)

  const notices: string[] = []
  const short = wordPieces.slice(0, -4)
  const onNotice = (text: string) => notices.push(text)
  ;(await open('bert', { vocabulary: short, onNotice })).dispose()
  assert.match(notices.join(), /has 16 pieces.*Is it the vocabulary/)

  const model = await open('bert')
  await rejects(model.embedText([1] as never), ArgumentError, /a text or an array of texts/)
  await rejects(model.embedText('a', { normalise: true } as never), ArgumentError, /normalize/)
  await rejects(model.zeroShot([]), ArgumentError, /one label or more/)
  await rejects(model.zeroShot(['a'], { templates: ['b'] }), ArgumentError, /\{\} where the label/)
  const aborted = AbortSignal.abort(new SourceError('stop'))
  await rejects(model.embedText('a', { signal: aborted }), SourceError, /stop/)
  model.dispose()
  await rejects(model.embedText('a'), DisposedError, /disposed/)
  await rejects(model.zeroShot(['a']), DisposedError, /disposed/)
})

test('a text whose embedding overflows is an error that names the place', async () => {
  const tensors = litTensors(tiny.bert).map((tensor) =>
    tensor.name === 'txt/head/kernel'
      ? { ...tensor, values: tensor.values.map(() => 3e38) }
      : tensor,
  )
  const model = await loadImageText(asNpz(tensors), { ...optionsOf('bert'), backend: 'wasm' })
  await rejects(model.embedText('a dog'), NumericError, /first in features/)
  model.dispose()
})

test('a tokenizer by itself shows in its bytes', async () => {
  assert.is((await loadTokenizer(wordPieces)).kind, 'wordpiece')
  assert.is((await loadTokenizer(sentencePieces)).kind, 'sentencepiece')
  assert.is((await loadTokenizer(new Blob([wordPieces]))).size, 17)
  await rejects(loadTokenizer('no/such/file.txt'), SourceError, /no\/such/)
})

test.run()
