import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { FormatError } from '../../src/errors.ts'
import { foldText } from '../../src/text/wordpiece/fold.ts'
import { readWordPieces } from '../../src/text/wordpiece/wordpiece.ts'
import { wordsOf } from '../../src/text/wordpiece/words.ts'

const vocabulary = '[PAD] [UNK] [CLS] [SEP] a b ab ##b ##c cafe strasse x2 , ! 一 ##一 e ᄒ ##ᅡ ##ᆫ'
const bytesOf = (text: string) => new TextEncoder().encode(text)
const read = (pieces = vocabulary, end = '\n') =>
  readWordPieces(bytesOf(pieces.split(' ').join('\n') + end), 'vocab.txt')

// What tensorflow_text's BertTokenizer gives for the same texts.
const cases: readonly (readonly [text: string, words: readonly string[]])[] = [
  ['', []],
  ['  \t\n ', []],
  ['Café, CAFÉ!', ['cafe', ',', 'cafe', '!']],
  ['Straße ẞ', ['strasse', 'ss']],
  ['İstanbul ışık', ['istanbul', 'ısık']],
  ['ﬁre Ｆｕｌｌ x² ™ …', ['fire', 'full', 'x2', 'tm', '.', '.', '.']],
  ['zero\u200bwidth soft\u00adhyphen a\ufe0f', ['zerowidth', 'softhyphen', 'a']],
  ['no\u00a0break wide\u3000space', ['no', 'break', 'wide', 'space']],
  ['line\u2028separator ogham\u1680space', ['line\u2028separator', 'ogham\u1680space']],
  ['bell\x07and\x7fdel', ['bell', 'and', 'del']],
  ['a+b=$5 €7 “q”', ['a', '+', 'b', '=', '$', '5', '€7', '“', 'q', '”']],
  ['一只cat こん世界', ['一', '只', 'cat', 'こん', '世', '界']],
  ['한', ['한']],
  ['ΣΟΦΌΣ ᾼ ΐ', ['σοφοσ', 'αι', 'ι']],
  ['Ꭰꭰ Ა', ['ᎠᎠ', 'ა']],
  ['[CLS]', ['[', 'cls', ']']],
  ['👩\u200d👩\u200d👧 👍🏽', ['👩👩👧', '👍🏽']],
]

test('words are those of BERT', () => {
  for (const [text, words] of cases) {
    assert.equal(
      wordsOf(text),
      words.map((word) => word.normalize('NFD')),
      JSON.stringify(text),
    )
  }
})

test('case folding ends: it is done again on its result without a change', () => {
  for (let code = 0; code < 0x1_1000; code++) {
    if (code >= 0xd800 && code < 0xe000) continue
    const once = foldText(String.fromCodePoint(code))
    assert.is(foldText(once), once, code.toString(16))
  }
})

test('the longest pieces first; a word without pieces is unknown as a whole', () => {
  const made = read()
  assert.equal(made.pieces('abbc ab'), ['ab', '##b', '##c', 'ab'])
  assert.equal(made.pieces('abd ac Café'), ['[UNK]', 'a', '##c', 'cafe'])
  assert.equal(made.pieces('한'), ['ᄒ', '##ᅡ', '##ᆫ'])
  assert.equal(made.pieces(`a${'b'.repeat(99)}`).length, 99)
  assert.equal(made.pieces(`a${'b'.repeat(100)}`), ['[UNK]'])
  assert.equal(made.pieces('\ud800'), ['[UNK]'])
})

test('tokens begin with [CLS] and are filled up with 0', () => {
  for (const made of [read(), read(vocabulary, ''), read(vocabulary.replaceAll(' ', '\r '))]) {
    assert.is(made.size, 20)
    assert.equal([...made.encode('ab, x', 6)], [2, 6, 12, 1, 0, 0])
    assert.equal([...made.encode('abbb', 3)], [2, 6, 7])
    assert.equal([...made.encode('abbb', 1)], [2])
    assert.equal([...made.encode('', 2)], [2, 0])
  }
})

test('other files are refused', () => {
  const refused = (bytes: Uint8Array, message: RegExp) =>
    assert.throws(
      () => readWordPieces(bytes, 'vocab.txt'),
      (error: Error) => error instanceof FormatError && message.test(error.message),
    )
  refused(bytesOf(''), /vocab\.txt .*must be \[PAD\].* is ""/)
  refused(bytesOf('[CLS]\n[PAD]\n[UNK]'), /must be \[PAD\]/)
  refused(bytesOf('[PAD]\na'), /has no \[CLS\], \[UNK\]/)
  refused(bytesOf('[PAD]\n[UNK]\n[CLS]\na\nb\na'), /"a" twice/)
  refused(Uint8Array.of(0x5b, 0xff, 0xfe), /not text in UTF-8/)
})

test.run()
