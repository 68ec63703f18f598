import { gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  ArgumentError,
  FormatError,
  LimitError,
  SourceError,
  UnsupportedError,
  VitrineError,
} from '../../src/errors.ts'
import { clipFromMerges } from '../../src/text/bpe/merges-file.ts'
import { findTextTokenizer } from '../../src/text/find-text-tokenizer.ts'
import { loadTokenizer, type TextRules, type VocabularyInput } from '../../src/text/index.ts'
import { random } from '../random.ts'
import { sharedJSON, sharedPath, sharedTest } from '../shared.ts'
import {
  end,
  jsonFile,
  merges,
  mergesFile,
  numberOf,
  numbers,
  pieces,
  start,
  tokenizerObject,
  vocabularyFile,
} from './bpe-files.ts'
import { beside, rejects } from './files-beside.ts'

const transformers: TextRules = { family: 'clip', library: 'transformers' }
const openClip: TextRules = { family: 'clip', library: 'open_clip' }

const goldens = 'golden/families/tokenizers/clip/'

interface Golden {
  readonly text: string
  readonly [library: string]: string | readonly number[]
}

for (const library of ['transformers', 'open_clip'] as const) {
  sharedTest(`CLIP's tokens are those of ${library}`, async () => {
    const tokenizer = await loadTokenizer(sharedPath(`${goldens}tokenizer.json`), {
      rules: { family: 'clip', library },
    })
    const { texts } = sharedJSON<{ texts: readonly Golden[] }>(`${goldens}golden.json`)
    let cut = 0
    for (const golden of texts) {
      const wanted = (key: string) => {
        const own = golden[`${library}${key}`]
        return Array.isArray(own) ? own : golden[`transformers${key}`]
      }
      assert.equal([...tokenizer.encode(golden.text, 10_000)], wanted(''), golden.text)
      if (!wanted('_77')) continue
      cut++
      assert.equal([...tokenizer.encode(golden.text, 77)], wanted('_77'), golden.text)
    }
    assert.ok(texts.length === 60 && cut > 0)
  })
}

const forms: readonly (readonly [name: string, file: VocabularyInput])[] = [
  ['tokenizer.json', jsonFile(tokenizerObject())],
  ['merges.txt', mergesFile()],
  ['bpe_simple_vocab_16e6.txt.gz', new Uint8Array(gzipSync(mergesFile()))],
]

/** Bytes of the last character of a word carry its end. */
const ids = (...texts: readonly string[]) => texts.map(numberOf)

test('every form of the vocabulary gives the same tokens', async () => {
  for (const [name, file] of forms) {
    const made = await loadTokenizer(file, { rules: transformers })
    assert.is(made.kind, 'bpe', name)
    assert.is(made.size, pieces.length)
    assert.is(made.padding, end)
    const encoded = [...made.encode('The  cat,\tDOG cats', 77)]
    const words = ids('the</w>', 'cat</w>', ',</w>', 'dog</w>', 'c', 'a', 't', 's</w>')
    assert.equal(encoded, [start, ...words, end], name)
    assert.equal(made.pieces('café 12'), ['c', 'a', 'f', 'Ã©</w>', '1</w>', '2</w>'])
    assert.equal(made.pieces('És e\u0301'), ['Ã', '©', 's</w>', 'Ã©</w>'])
  }
})

test('a long text is cut before its end, which stays', async () => {
  const made = await loadTokenizer(mergesFile(), { rules: transformers })
  const cat = numberOf('cat</w>')
  assert.equal([...made.encode('cat '.repeat(100), 5)], [start, cat, cat, cat, end])
  assert.equal([...made.encode('cat cat cat', 5)], [start, cat, cat, cat, end])
  assert.equal([...made.encode('', 5)], [start, end])
  assert.is(made.encode('x'.repeat(300_000), 77).length, 77)
})

test('each library has marks of its own, and its own small letters', async () => {
  const [hugging, open] = await Promise.all([
    loadTokenizer(mergesFile(), { rules: transformers }),
    loadTokenizer(mergesFile(), { rules: openClip }),
  ])
  const cat = numberOf('cat</w>')
  const text = 'cat<|endoftext|><|startoftext|>'
  assert.equal([...hugging.encode(text, 77)], [start, cat, end, start, end])
  assert.ok(open.encode(text, 77).length > 10)
  assert.equal(
    [...open.encode('<start_of_text> CAT <end_of_text>', 77)],
    [start, start, cat, end, end],
  )
  assert.ok(hugging.encode('<start_of_text>', 77).length > 10)
  // A mark in capitals is none, and its brackets join nothing beside them.
  assert.is(
    hugging.pieces('<|ENDOFTEXT|>!').join(' '),
    '< |</w> e n do f t e x t</w> | ></w> !</w>',
  )
  assert.equal(hugging.pieces('ΟΣ'), hugging.pieces('οσ'))
  assert.equal(open.pieces('ΟΣ'), open.pieces('ος'))
  assert.is(open.padding, 0)
})

test('open_clip’s cleaning is that of its config', async () => {
  const load = (clean: string) => loadTokenizer(mergesFile(), { rules: { ...openClip, clean } })
  assert.equal((await load('lower')).pieces('CAT!'), ['cat</w>', '!</w>'])
  assert.equal((await load('canonicalize')).pieces('the_CAT!'), ['the</w>', 'cat</w>'])
  assert.equal((await load('whitespace')).pieces('cat A&amp;amp;'), ['cat</w>', 'A</w>', '&</w>'])
  await rejects(load('shout'), UnsupportedError, /"shout".*lower, whitespace, canonicalize/)
})

test('a loader finds the vocabulary beside the checkpoint', async () => {
  const find = (files: Readonly<Record<string, Uint8Array>>) =>
    findTextTokenizer(transformers, undefined, 'model.safetensors', beside(files))
  const [, ...rest] = forms
  for (const [name, file] of rest) {
    const made = await find({ [name]: file as Uint8Array })
    assert.is(made.size, pieces.length, name)
  }
  // Other numbers than those of CLIP are those of vocab.json.
  const other = { ...numbers(), '!': numberOf('"'), '"': numberOf('!') }
  const both = await find({ 'merges.txt': mergesFile(), 'vocab.json': vocabularyFile(other) })
  assert.equal([...both.encode('!!', 77)], [start, numberOf('"'), numberOf('!</w>'), end])
  const less = { ...numbers() }
  delete less['a</w>']
  const pair = (vocabulary: unknown) =>
    find({ 'merges.txt': mergesFile(), 'vocab.json': vocabularyFile(vocabulary) })
  await rejects(pair(less), FormatError, /^merges\.txt with vocab\.json .*has the number/)
  await rejects(pair({ a: '1' }), FormatError, /^merges\.txt can't be used: vocab\.json /)
  await rejects(find({}), SourceError, /model\.safetensors needs .* none of merges\.txt, .*option/)
  const alone = findTextTokenizer(transformers, undefined, 'the bytes', undefined)
  await rejects(alone, SourceError, /the bytes needs .* nothing lies beside bytes/)
})

test('damaged and other files are refused by what is wrong', async () => {
  const refused = (
    file: VocabularyInput,
    message: RegExp,
    kind: new (...args: never[]) => Error = FormatError,
  ) => rejects(loadTokenizer(file, { rules: transformers }), kind, message)
  const whole = jsonFile(tokenizerObject())
  await refused(whole.subarray(0, whole.length / 2), /not JSON/)
  await refused(mergesFile([...merges, 'x yz']), /merge 7, "x yz", names a piece/)
  await refused(mergesFile([...merges, 'cat']), /merge 7, "cat", names a piece/)
  await refused(mergesFile([...merges, 'c at</w>']), /number|twice/)
  await refused(new TextEncoder().encode('a b\nc d\n'), /first line lacks "#version: 0\.2"/)
  await refused(new Uint8Array(gzipSync(mergesFile())).subarray(0, 60), /deflate|UTF-8|merge/)
  const json = (change: (json: ReturnType<typeof tokenizerObject>) => void) => {
    const object = tokenizerObject()
    change(object)
    return jsonFile(object)
  }
  await refused(
    json(({ model }) => model.merges.push(['zz', 'a'])),
    /"zz a", names a piece/,
  )
  await refused(
    json(({ model }) => model.merges.push(7)),
    /model\.merges is 7/,
  )
  await refused(
    json(({ model }) => delete model.vocab['a</w>']),
    /number|no piece "a<\/w>"/,
  )
  await refused(
    json(({ model }) => Object.assign(model.vocab, { a: 3.5 })),
    /model\.vocab\.a is 3/,
  )
  await refused(
    json(({ model }) => Object.assign(model.vocab, { a: 3 })),
    /has the number 3/,
  )
  await refused(jsonFile({ model: 3 }), /its model is 3/)
  const other = UnsupportedError
  await refused(
    json(({ model }) => Object.assign(model, { type: 'Unigram' })),
    /model\.type/,
    other,
  )
  await refused(
    json(({ model }) => Object.assign(model, { dropout: 0.1 })),
    /dropout/,
    other,
  )
  await refused(
    json(({ normalizer }) => normalizer.normalizers.pop()),
    /normalizer/,
    other,
  )
  await refused(
    json(({ pre_tokenizer: p }) => p.pretokenizers.pop()),
    /pre_tokenizer/,
    other,
  )
  const long = new Blob([new Uint8Array((64 << 20) + 1)])
  await refused(long, /longer than the 67108864 bytes/, LimitError)
  const bomb = clipFromMerges(new Uint8Array(gzipSync(new Uint8Array(4000))), 'bomb.gz', 3000)
  await rejects(bomb, LimitError, /bomb\.gz unpacks to more than 3000 bytes/)
})

test('a file that does not say whose texts these are needs rules', async () => {
  for (const [name, file] of forms) {
    await rejects(loadTokenizer(file), ArgumentError, /pass the option rules/)
    assert.ok(name)
  }
  const wrong = { family: 'clap', library: 'transformers' } as unknown as TextRules
  await rejects(
    loadTokenizer(mergesFile(), { rules: wrong }),
    ArgumentError,
    /not \{"family":"clap"/,
  )
})

test('a damaged tokenizer.json ends in a typed error, or splits texts', async () => {
  const whole = jsonFile(tokenizerObject())
  const next = random(11)
  let read = 0
  for (let i = 0; i < 150; i++) {
    const bytes = whole.slice(0, i % 3 === 0 ? Math.floor(next() * whole.length) : whole.length)
    for (let k = 0; k < 2; k++) bytes[Math.floor(next() * bytes.length)] = 32 + next() * 90
    try {
      const made = await loadTokenizer(bytes, { rules: transformers })
      made.encode('the cat, the dog', 16)
      read++
    } catch (error) {
      assert.instance(error, VitrineError)
    }
  }
  assert.ok(read < 150, `${read} were read`)
})

test.run()
