import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { FormatError, UnsupportedError, VitrineError } from '../../src/errors.ts'
import { readSentencePiece } from '../../src/text/sentencepiece/sentencepiece.ts'
import { random } from '../random.ts'
import { bytePieces, type ModelToMake, makeModel, special } from './sentencepiece-file.ts'

// The expected pieces are those of sentencepiece 0.2.0 for the same files.

const rules = { A: 'a', '\t': ' ', é: 'e', ﬁ: 'fi', '\u00ad': '', Ab: 'X', '\u3000': ' ' }
const words = ['▁a', 'a', 'b', 'ab', '▁ab', 'c', 'abc', '▁', 'e', 'f', 'i', 'fi', 'X', '😀']
const unigrams = words.map((text, i) => ({ text, score: -2 - ((i * 7) % 5) / 2 }))
const merges = words.map((text, i) => ({ text, score: -i }))
const others = [
  { text: '[M]', type: 'userDefined' },
  { text: 'ca', score: -0.5, type: 'unused' },
] as const

const models: Readonly<Record<string, ModelToMake>> = {
  unigram: { type: 1, pieces: [...special, ...unigrams, ...others], rules },
  bpe: { type: 2, pieces: [...special, ...merges, ...others], rules },
  bytes: { type: 2, pieces: [...special, ...bytePieces, ...merges], byteFallback: true },
  suffix: {
    type: 1,
    pieces: [...special, ...unigrams, { text: 'b▁', score: -1 }],
    spaceAfter: true,
    removeExtraSpaces: false,
  },
  bare: { type: 1, pieces: [...special, ...unigrams], addSpace: false, rules },
}

const tokenizer = (name: string) => readSentencePiece(makeModel(models[name]!), `${name}.model`)

const cases: readonly (readonly [model: string, text: string, pieces: string])[] = [
  ['unigram', '', ''],
  ['unigram', '   ', ''],
  ['unigram', '\u00ad', ''],
  ['unigram', '  ab  abc ', '▁ab ▁ab c'],
  ['unigram', 'Abé c', '▁ X e ▁ c'],
  ['unigram', 'AAb\tﬁ', '▁a X ▁ fi'],
  ['unigram', 'a\u00adb', '▁ab'],
  ['unigram', 'x😀yz', '▁ x 😀 yz'],
  ['unigram', 'ab[M]ca', '▁ab [M] c a'],
  ['unigram', '[M] [M', '▁ [M] ▁ [M'],
  ['unigram', '▁a▁', '▁ ▁a'],
  ['unigram', ' \u3000 ab', '▁ab'],
  ['unigram', '\ud800a', '▁ \ufffd a'],
  ['unigram', 'ab\0c', '▁ab \0 c'],
  ['unigram', 'aaabbbccc', '▁a a ab b b c c c'],
  ['bpe', 'Abé c', '▁ X e ▁ c'],
  ['bpe', 'caca ca', '▁ c a c a ▁ c a'],
  ['bpe', 'ab[M]ca', '▁ab [M] c a'],
  ['bpe', 'aaabbbccc', '▁a a ab b b c c c'],
  ['bytes', 'Abé c', '▁ <0x41> b <0xC3> <0xA9> ▁ c'],
  ['bytes', 'x😀y', '▁ <0x78> 😀 <0x79>'],
  ['suffix', '  ab  abc ', '▁ ▁a b▁ ▁ab c ▁ ▁'],
  ['suffix', 'a\u00adb', 'a \u00ad b▁'],
  ['bare', 'ab ab', 'ab ▁ab'],
]

test('texts are split as sentencepiece splits them', () => {
  const all = new Map(Object.keys(models).map((name) => [name, tokenizer(name)]))
  for (const [name, text, pieces] of cases) {
    const wanted = pieces === '' ? [] : pieces.split(' ')
    assert.equal(all.get(name)!.pieces(text), wanted, `${name}: ${JSON.stringify(text)}`)
  }
})

test('tokens end with the end of the text, which also fills them up', () => {
  const made = tokenizer('unigram')
  assert.is(made.size, special.length + words.length + others.length)
  const numberOf = (text: string) => special.length + words.indexOf(text)
  assert.equal(
    [...made.encode('ab c', 6)],
    [numberOf('▁ab'), numberOf('▁'), numberOf('c'), 1, 1, 1],
  )
  assert.equal([...made.encode('ab c', 3)], [numberOf('▁ab'), numberOf('▁'), 1])
  assert.equal([...made.encode('ab c', 1)], [1])
  assert.equal([...made.encode('zz', 3)], [numberOf('▁'), 2, 1])
})

const refused = (model: ModelToMake, kind: new (...args: never[]) => Error, message: RegExp) =>
  assert.throws(
    () => readSentencePiece(makeModel(model), 'made.model'),
    (error: Error) => error instanceof kind && message.test(error.message),
  )

test('files that are no models are refused by what they lack', () => {
  const pieces = [...special, ...unigrams]
  refused({ type: 3, pieces }, UnsupportedError, /made\.model .* kind word; unigram and bpe/)
  refused({ type: 1, pieces: [] }, FormatError, /no pieces/)
  refused({ type: 1, pieces: [...pieces, { text: 'ab' }] }, FormatError, /"ab" twice/)
  refused({ type: 1, pieces: special.slice(0, 2) }, FormatError, /0 pieces for what is unknown/)
  refused({ type: 1, pieces: special.slice(2) }, FormatError, /no piece "<\/s>" for the end/)
  refused({ type: 1, pieces, endPiece: 'ab' }, FormatError, /no piece "ab" for the end/)
  refused({ type: 1, pieces: [...pieces, { text: '' }] }, FormatError, /piece without text/)
  refused({ type: 1, pieces: [...pieces, { text: 'q', score: Number.NaN }] }, FormatError, /score/)
  const few = [...special, ...bytePieces.slice(1)]
  refused({ type: 2, pieces: few, byteFallback: true }, FormatError, /not a piece for each/)
  for (const text of ['', 'not a model', '[PAD]\n[UNK]\n']) {
    const bytes = new TextEncoder().encode(text)
    assert.throws(
      () => readSentencePiece(bytes, 'made.model'),
      (error: Error) => error instanceof FormatError && /^made\.model /.test(error.message),
      text,
    )
  }
})

test('a damaged model ends in a typed error, or splits texts', () => {
  const whole = makeModel(models.unigram!)
  const next = random(7)
  let read = 0
  for (let i = 0; i < 2000; i++) {
    const bytes = whole.slice(0, i % 3 === 0 ? Math.floor(next() * whole.length) : whole.length)
    const changes = i % 3 === 0 ? 0 : 1 + Math.floor(next() * 4)
    for (let k = 0; k < changes; k++) {
      bytes[Math.floor(next() * bytes.length)] = Math.floor(next() * 256)
    }
    try {
      const made = readSentencePiece(bytes, 'damaged.model')
      for (const [, text] of cases) made.encode(text, 16)
      read++
    } catch (error) {
      assert.instance(error, VitrineError)
    }
  }
  assert.ok(read > 0 && read < 2000, `${read} were read`)
})

test.run()
