import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { FormatError, SourceError, UnsupportedError, VitrineError } from '../../src/errors.ts'
import { findTextTokenizer } from '../../src/text/find-text-tokenizer.ts'
import { loadTokenizer, type TextRules } from '../../src/text/index.ts'
import { random } from '../random.ts'
import { sharedJSON, sharedPath, sharedTest } from '../shared.ts'
import { beside, rejects } from './files-beside.ts'
import { bytePieces, makeModel, special } from './sentencepiece-file.ts'

const transformers: TextRules = { family: 'siglip', library: 'transformers' }
const openClip: TextRules = { family: 'siglip', library: 'open_clip', clean: 'canonicalize' }

const goldens = 'golden/families/tokenizers/unigram/'

interface Golden {
  readonly text: string
  readonly siglip_64: {
    readonly ids: readonly number[]
    readonly then: number
    readonly times: number
  }
}

for (const file of ['spiece.model', 'tokenizer.json']) {
  sharedTest(`SigLIP's tokens are those of transformers, from ${file}`, async () => {
    const made = await loadTokenizer(sharedPath(goldens + file), { rules: transformers })
    const { texts } = sharedJSON<{ texts: readonly Golden[] }>(`${goldens}golden.json`)
    for (const { text, siglip_64: wanted } of texts) {
      const filled = new Array<number>(wanted.times).fill(wanted.then)
      assert.equal([...made.encode(text, 64)], [...wanted.ids, ...filled], JSON.stringify(text))
    }
    assert.is(texts.length, 30)
  })
}

const words = ['▁a', 'a', 'b', 'ab', '▁ab', 'c', 'abc', '▁', 's', 'σ']
const unigrams = words.map((text, i) => ({ text, score: -2 - ((i * 7) % 5) / 2 }))

const unigramModel = makeModel({ type: 1, pieces: [...special, ...unigrams] })

const mark = (content: string, id: number, isSpecial = true) => ({
  content,
  id,
  special: isSpecial,
})
const utf8 = (json: unknown) => new TextEncoder().encode(JSON.stringify(json))

/** SigLIP 1 as `tokenizer.json`. */
const unigramObject = () => ({
  added_tokens: [mark('<pad>', 0), mark('</s>', 1), mark('<unk>', 2)],
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Lowercase' },
      { type: 'Replace', pattern: { Regex: '[!-/]' }, content: '' },
      { type: 'Strip', strip_left: true, strip_right: true },
    ] as { type: string }[],
  },
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
  model: {
    type: 'Unigram',
    unk_id: 2,
    vocab: [...special, ...unigrams].map(({ text, score = 0 }) => [text, score] as unknown),
  },
})

const id = (text: string) => special.length + words.indexOf(text)

test('SigLIP 1 makes texts canonical, and fills up with the end', async () => {
  for (const file of [unigramModel, utf8(unigramObject())]) {
    const made = await loadTokenizer(file, { rules: transformers })
    assert.is(made.kind, 'sentencepiece')
    assert.is(made.padding, 1)
    assert.equal([...made.encode('  AB, a_b! ', 6)], [id('▁ab'), id('▁ab'), 1, 1, 1, 1])
    assert.equal([...made.encode('', 3)], [1, 1, 1])
    assert.equal([...made.encode('ab '.repeat(9), 3)], [id('▁ab'), id('▁ab'), 1])
    // Marks are marks, and what follows them begins without a space.
    assert.equal([...made.encode('ab</s> b<unk>', 5)], [id('▁ab'), 1, id('b'), 2, 1])
  }
})

test('open_clip’s canonical texts have words where underscores were, and no marks', async () => {
  const made = await loadTokenizer(unigramModel, { rules: openClip })
  assert.equal([...made.encode('AB_ab “&amp;”', 5)], [id('▁ab'), id('▁ab'), 1, 1, 1])
  assert.equal([...made.encode('</s>', 3)], [id('▁'), id('s'), 1])
  // Without a word in the config, as with SigLIP.
  const same = await loadTokenizer(unigramModel, { rules: { ...openClip, clean: undefined } })
  assert.equal([...same.encode('AB_ab', 3)], [id('▁ab'), id('▁ab'), 1])
  const plain = loadTokenizer(unigramModel, { rules: { ...openClip, clean: 'whitespace' } })
  await rejects(plain, UnsupportedError, /"whitespace" .*: canonicalize/)
})

const gemmaMarks = ['<pad>', '<eos>', '<bos>']
const gemmaWords = ['▁', 'a', 'b', 'c', 'σ', 'ab', '▁ab', 'bc', 'abc']
const gemmaTexts = [
  ...gemmaMarks,
  '<unk>',
  '\n\n',
  ...bytePieces.map(({ text }) => text),
  ...gemmaWords,
]
const gid = (text: string) => gemmaTexts.indexOf(text)

/** Gemma's pieces in small: bytes, what users defined, merges by their order. */
const gemmaModel = (without = '') =>
  makeModel({
    type: 2,
    byteFallback: true,
    endPiece: '<eos>',
    addSpace: false,
    removeExtraSpaces: false,
    pieces: [
      ...gemmaMarks
        .filter((text) => text !== without)
        .map((text) => ({ text, type: 'control' as const })),
      { text: '<unk>', type: 'unknown' },
      { text: '\n\n', type: 'userDefined' },
      ...bytePieces,
      ...gemmaWords.map((text, i) => ({ text, score: -i })),
    ],
  })

/** The same as `tokenizer.json`, in which the byte 9 is called a tab, as in Gemma's. */
const gemmaObject = () => ({
  added_tokens: [
    ...[...gemmaMarks, '<unk>'].map((text, number) => mark(text, number)),
    mark('\n\n', 4, false),
  ],
  normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' } as unknown,
  pre_tokenizer: null as unknown,
  model: {
    type: 'BPE',
    unk_token: '<unk>',
    byte_fallback: true,
    vocab: Object.fromEntries(
      gemmaTexts.map((text, number) => [text === '<0x09>' ? '\t' : text, number as unknown]),
    ),
    merges: [
      ['a', 'b'],
      ['▁', 'ab'],
      ['b', 'c'],
      ['a', 'bc'],
      ['ab', 'c'],
    ] as unknown[],
  },
})

test('SigLIP 2 has small letters, bytes for what is unknown, and fills up with <pad>', async () => {
  for (const file of [gemmaModel(), utf8(gemmaObject())]) {
    const made = await loadTokenizer(file, { rules: transformers })
    assert.is(made.padding, 0)
    assert.is(made.size, gemmaTexts.length)
    const encode = (text: string, length: number) => [...made.encode(text, length)]
    assert.equal(encode('AB ab', 5), [gid('ab'), gid('▁ab'), 1, 0, 0])
    assert.equal(encode('é\t!', 6), [
      gid('<0xC3>'),
      gid('<0xA9>'),
      gid('<0x09>'),
      gid('<0x21>'),
      1,
      0,
    ])
    assert.equal(encode('a\n\nΣ', 5), [gid('a'), gid('\n\n'), gid('σ'), 1, 0])
    assert.equal(encode('<eos>a<PAD>', 9).slice(0, 3), [1, gid('a'), gid('<0x3C>')])
    assert.equal(encode('', 3), [1, 0, 0])
    assert.equal(encode('a a a a', 3), [gid('a'), gid('▁'), 1])
    assert.equal(made.pieces('abcbc'), ['abc', 'bc'])
  }
})

test('a loader finds the model beside the checkpoint, small files first', async () => {
  const find = (files: Readonly<Record<string, Uint8Array>>) =>
    findTextTokenizer(transformers, undefined, 'm.safetensors', beside(files))
  const broken = utf8({ model: 3 })
  const one = await find({ 'spiece.model': unigramModel, 'tokenizer.json': broken })
  assert.is(one.padding, 1)
  const two = await find({ 'tokenizer.model': gemmaModel(), 'tokenizer.json': broken })
  assert.is(two.padding, 0)
  await rejects(find({ 'tokenizer.json': broken }), FormatError, /^tokenizer\.json .*model is 3/)
  await rejects(find({}), SourceError, /none of spiece\.model, .*tokenizer\.json lies beside it/)
})

test('a tokenizer_config.json that says something else is refused', async () => {
  const find = (config: unknown, vocabulary = gemmaModel()) =>
    findTextTokenizer(
      transformers,
      undefined,
      'm.safetensors',
      beside({ 'tokenizer.model': vocabulary, 'tokenizer_config.json': utf8(config) }),
    )
  const published = { pad_token: '<pad>', padding_side: 'right', add_bos_token: false }
  assert.is((await find({ ...published, add_eos_token: true, do_lower_case: true })).padding, 0)
  assert.is((await find({ pad_token: { content: '</s>' } }, unigramModel)).padding, 1)
  const wrong = {
    padding_side: 'left',
    pad_token: '<eos>',
    add_bos_token: true,
    do_lower_case: false,
  }
  for (const [key, value] of Object.entries(wrong)) {
    const message = new RegExp(`tokenizer_config\\.json says ${key} .*Mend it`)
    await rejects(find({ [key]: value }), UnsupportedError, message)
  }
})

test('files of other models are refused by what is wrong', async () => {
  const refused = (file: Uint8Array, kind: typeof VitrineError, message: RegExp) =>
    rejects(loadTokenizer(file, { rules: transformers }), kind, message)
  const unigram = (change: (json: ReturnType<typeof unigramObject>) => void) => {
    const object = unigramObject()
    change(object)
    return utf8(object)
  }
  const gemma = (change: (json: ReturnType<typeof gemmaObject>) => void) => {
    const object = gemmaObject()
    change(object)
    return utf8(object)
  }
  const format = FormatError as typeof VitrineError
  const other = UnsupportedError as typeof VitrineError
  await refused(gemmaModel('<pad>'), format, /no piece "<pad>"/)
  await refused(unigramModel.subarray(0, 50), format, /sentencepiece/)
  await refused(
    unigram(({ model }) => model.vocab.push(['q'])),
    format,
    /model\.vocab\[13\]/,
  )
  await refused(
    unigram(({ added_tokens: a }) => a.splice(1, 1)),
    format,
    /no mark for the end/,
  )
  await refused(
    unigram(({ model }) => Object.assign(model, { type: 'WordLevel' })),
    other,
    /type/,
  )
  await refused(
    unigram(({ normalizer: n }) => n.normalizers.push({ type: 'NFD' })),
    other,
    /NFD/,
  )
  await refused(
    unigram((json) => Object.assign(json, { pre_tokenizer: null })),
    other,
    /pre_tok/,
  )
  await refused(
    gemma(({ model }) => model.merges.push(['a', 'zz'])),
    format,
    /"a zz" names/,
  )
  await refused(
    gemma(({ model }) => model.merges.push(['a', 'b'])),
    other,
    /order of merges/,
  )
  await refused(
    gemma(({ model }) => Object.assign(model, { byte_fallback: false })),
    other,
    /byte/,
  )
  await refused(
    gemma(({ model }) => delete model.vocab['<0x41>']),
    format,
    /vocab|each/,
  )
  await refused(
    gemma((json) => (json.pre_tokenizer = { type: 'ByteLevel' })),
    other,
    /ByteLevel/,
  )
})

test('a damaged tokenizer.json ends in a typed error, or splits texts', async () => {
  const wholes = [utf8(unigramObject()), utf8(gemmaObject())]
  const next = random(13)
  let read = 0
  for (let i = 0; i < 200; i++) {
    const bytes = wholes[i % 2]!.slice(0, i % 5 === 0 ? next() * wholes[i % 2]!.length : undefined)
    for (let k = 0; k < 2; k++) bytes[Math.floor(next() * bytes.length)] = 32 + next() * 90
    try {
      const made = await loadTokenizer(bytes, { rules: transformers })
      made.encode('abc ab é', 16)
      read++
    } catch (error) {
      assert.instance(error, VitrineError)
    }
  }
  assert.ok(read < 200, `${read} were read`)
})

test.run()
