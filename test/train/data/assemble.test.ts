import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ArgumentError, LimitError, type VitrineError } from '../../../src/errors.ts'
import { isPicture } from '../../../src/image/picture-names.ts'
import { type AssembleOptions, assemble, type Found } from '../../../src/train/data/assemble.ts'
import { expandBraces } from '../../../src/train/data/braces.ts'
import type { Split } from '../../../src/train/data/dataset.ts'
import { DatasetError } from '../../../src/train/data/errors.ts'
import { classesOf, indexed } from '../../../src/train/data/labels.ts'
import { byCodePoint, splitOfFile } from '../../../src/train/data/names.ts'
import { labelsOf, namesOf } from './made.ts'

const split = (labels: readonly number[], prefix = 'p'): Split => ({
  size: labels.length,
  name: (index) => `${prefix}${index}`,
  label: (index) => labels[index]!,
  read: async (index) => ({
    name: `${prefix}${index}`,
    label: labels[index]!,
    image: new Uint8Array(0),
  }),
})

const found = (labels: readonly number[], more: Partial<Found> = {}): Found => ({
  name: 'the set',
  classes: ['cat', 'dog'],
  splits: { train: [split(labels)] },
  holdOut: { how: 'stratified', share: 0.1 },
  ...more,
})

test('a tenth of each class is held out, the same every time', () => {
  const labels = Array.from({ length: 120 }, (_, i) => (i < 100 ? 0 : 1))
  const { train, validation } = assemble(found(labels))
  assert.equal([train.size, validation.size], [108, 12])
  assert.is(labelsOf(validation).filter((label) => label === 1).length, 2)
  assert.equal(namesOf(assemble(found(labels)).validation), namesOf(validation))
  const all = [...namesOf(train), ...namesOf(validation)].sort()
  assert.equal(all, namesOf(split(labels)).sort())
})

test('samples of a subset are those that it names', async () => {
  const { train, validation } = assemble(found([0, 1, 0, 1, 0, 1, 0, 1]))
  for (const part of [train, validation]) {
    for (let i = 0; i < part.size; i++) {
      const sample = await part.read(i)
      assert.equal([sample.name, sample.label], [part.name(i), part.label(i)])
    }
  }
})

test('pictures that are added change few of those that are held out', () => {
  const labels = Array.from({ length: 200 }, (_, i) => i % 2)
  const before = new Set(namesOf(assemble(found(labels)).validation))
  const after = namesOf(assemble(found([...labels, 0, 1, 0, 1])).validation)
  assert.ok(after.filter((name) => before.has(name)).length >= 18)
})

test('small classes keep most of their pictures', () => {
  const { validation } = assemble(found([0, 0, 1, 1, 1]))
  assert.equal(labelsOf(validation), [1])
})

test('the last pictures are held out of data sets in random order', () => {
  const labels = Array.from({ length: 100 }, (_, i) => i % 2)
  const { train, validation } = assemble(found(labels, { holdOut: { how: 'last', share: 0.02 } }))
  assert.equal(namesOf(validation), ['p98', 'p99'])
  assert.is(train.size, 98)
})

test('validation pictures of the data set are used, and a share can be given', () => {
  const own = assemble(
    found([0, 1], { splits: { train: [split([0, 1])], validation: [split([1], 'v')] } }),
  )
  assert.equal([own.train.size, namesOf(own.validation)[0]], [2, 'v0'])
  const half = assemble(found([0, 0, 0, 0, 1, 1, 1, 1]), { validation: 0.5 })
  assert.equal([half.train.size, half.validation.size], [4, 4])
  assert.is(assemble(found([0, 1, 0, 1]), { validation: 0 }).validation.size, 0)
})

test('several files of a split follow each other', () => {
  const parts = [split([0], 'a'), split([1, 0], 'b')]
  const { train } = assemble(found([], { splits: { train: parts } }), { validation: 0 })
  assert.equal(namesOf(train), ['a0', 'b0', 'b1'])
  assert.equal(labelsOf(train), [0, 1, 0])
})

test('data sets that nothing can be learnt from are refused by what is wrong', () => {
  const refused: [Found, AssembleOptions, new (message: string) => VitrineError, RegExp][] = [
    [found([]), {}, DatasetError, /the set has no training pictures/],
    [found([], { splits: {} }), {}, DatasetError, /no training pictures/],
    [
      found([], { unusable: [{ name: 'a.gif', reason: 'of no use' }] }),
      {},
      DatasetError,
      /1 samples were left out, such as a\.gif: of no use/,
    ],
    [found([0, 0]), {}, DatasetError, /The class "dog" of the set has no training pictures/],
    [found([0, 0], { classes: ['cat'] }), {}, DatasetError, /only the class "cat"/],
    [found([0, 2, 3]), {}, DatasetError, /p1 \(train\) has the label 2, .*0 to 1; so have 1 other/],
    [found([0, -1]), {}, DatasetError, /label -1/],
    [found([0, 0.5]), {}, DatasetError, /label 0\.5/],
    [
      found([0, 1], { splits: { train: [split([0, 1])], test: [split([7], 't')] } }),
      {},
      DatasetError,
      /t0 \(test\) has the label 7/,
    ],
    [found([0, 1]), { validation: 1 }, ArgumentError, /from 0 to less than 1, not 1/],
    [found([0, 1]), { validation: Number.NaN }, ArgumentError, /not NaN/],
  ]
  for (const [set, options, type, message] of refused) {
    assert.throws(
      () => assemble(set, options),
      (error: unknown) => error instanceof type && message.test((error as Error).message),
      String(message),
    )
  }
  assert.is(assemble(found([0, 0]), { allowEmptyClasses: true }).classes.length, 2)
})

test('labels are names, or numbers of names, or count from 0', () => {
  const texts = classesOf(['dog', 'cat', 'dog'])
  assert.equal(texts.classes, ['cat', 'dog'])
  assert.equal(['cat', 'dog', 'cow'].map(texts.numberOf), [0, 1, undefined])
  // In a table each number is a class of its own.
  assert.equal(classesOf(['10', '2']).classes, ['2', '10'])
  const given = classesOf([], ['cat', 'dog', '7'])
  assert.equal(['dog', '0', 1, 3, '7', '-1'].map(given.numberOf), [
    1,
    0,
    1,
    undefined,
    2,
    undefined,
  ])
  assert.equal(indexed([3, 0]).classes, ['0', '1', '2', '3'])
  assert.equal(indexed(['1', '0'], undefined, new Map([[1, 'dog']])).classes, ['0', 'dog'])
  assert.equal(
    indexed(
      [0, 1],
      undefined,
      new Map([
        [0, 'a'],
        [1, 'a'],
      ]),
    ).classes,
    ['0', '1'],
  )
  assert.equal(indexed(['b', 'a']).classes, ['a', 'b'])
  assert.throws(() => indexed([1e9]), /label 1000000000/)
})

test('names of files say what they are', () => {
  assert.equal(
    ['a.JPG', 'b.jpeg', 'c.webp', '.DS_Store', '._a.jpg', 'a.gif', 'notes.txt'].filter(isPicture),
    ['a.JPG', 'b.jpeg', 'c.webp'],
  )
  assert.equal(
    ['train-00000-of-00001.parquet', 'imagenet-val-0001.tar', 'x/Test.tar', 'evaluate.tar'].map(
      (name) => splitOfFile(name),
    ),
    ['train', 'validation', 'test', undefined],
  )
  // A smiley is above U+FF21, but its first UTF-16 unit is not.
  assert.equal(['\u{1f600}', 'Ａ', 'b', 'B', 'ab', 'a'].sort(byCodePoint), [
    'B',
    'a',
    'ab',
    'b',
    'Ａ',
    '\u{1f600}',
  ])
})

test('braces stand for ranges and lists', () => {
  assert.equal(expandBraces('a.tar'), ['a.tar'])
  assert.equal(expandBraces('s-{098..101}.tar'), [
    's-098.tar',
    's-099.tar',
    's-100.tar',
    's-101.tar',
  ])
  assert.equal(expandBraces('{a,b}{1..2}'), ['a1', 'a2', 'b1', 'b2'])
  const refused: [string, new (message: string) => VitrineError, RegExp][] = [
    ['{x}', ArgumentError, /neither a range .* nor a list/],
    ['{3..1}', ArgumentError, /must go up/],
    ['{0..9999999}', ArgumentError, /at most 100000/],
    ['{0..9999}{0..99}', LimitError, /more than 100000/],
  ]
  for (const [pattern, type, message] of refused) {
    assert.throws(
      () => expandBraces(pattern),
      (error: unknown) => error instanceof type && message.test((error as Error).message),
    )
  }
})

test.run()
