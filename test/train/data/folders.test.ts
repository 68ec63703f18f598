import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  ArgumentError,
  FormatError,
  SourceError,
  UnsupportedError,
  type VitrineError,
} from '../../../src/errors.ts'
import { DatasetError } from '../../../src/train/data/errors.ts'
import { type DatasetOptions, openDataset } from '../../../src/train/data/open.ts'
import { Pictures } from '../../../src/train/data/pictures.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { asFiles, type Contents, labelsOf, namesOf, noisePNG, withFolder } from './made.ts'

const png = await noisePNG(1)

/** Opens files in a folder and as a page gets them: both are the same data set. */
async function open(files: Contents, options: DatasetOptions = {}) {
  const whole = { validation: 0, ...options }
  const dropped = await openDataset(asFiles(files), whole)
  await withFolder(files, async (folder) => {
    const dataset = await openDataset(folder, whole)
    assert.equal(dataset.classes, dropped.classes)
    assert.equal(dataset.unusable, dropped.unusable)
    for (const split of ['train', 'validation', 'test'] as const) {
      const [one, other] = [dataset[split], dropped[split]]
      assert.equal(one && namesOf(one), other && namesOf(other))
      for (let i = 0; i < (one?.size ?? 0); i++)
        assert.equal(await one!.read(i), await other!.read(i))
    }
    await dataset.close()
  })
  return dropped
}

test('a folder for each class, in the order of code points', async () => {
  const set = await open({
    'b/1.png': png,
    'b/2.PNG': png,
    'B/deep/er/3.jpeg': png,
    'ä/4.webp': png,
    'b/notes.txt': 'no picture',
    'README.md': 'no picture',
    'b/.DS_Store': 'no picture',
    '.cache/5.png': png,
  })
  assert.equal(set.classes, ['B', 'b', 'ä'])
  assert.equal(namesOf(set.train), ['B/deep/er/3.jpeg', 'b/1.png', 'b/2.PNG', 'ä/4.webp'])
  assert.equal(labelsOf(set.train), [0, 1, 1, 2])
  assert.equal(set.unusable, [])
  assert.is(set.test, undefined)
})

test('splits by the names that people give them', async () => {
  for (const validation of ['val', 'valid', 'validation', 'Validation']) {
    const set = await open({
      'train/cat/1.png': png,
      'train/dog/2.png': png,
      [`${validation}/dog/3.png`]: png,
      'test/cat/4.png': png,
      'extra/cat/5.png': png,
    })
    assert.equal([set.train.size, set.validation.size, set.test!.size], [2, 1, 1])
    assert.equal(labelsOf(set.validation), [1])
    assert.equal(
      set.unusable.map(({ name }) => name),
      ['extra/cat/5.png'],
    )
  }
})

test('a class named train is a class', async () => {
  const set = await open({ 'train/1.png': png, 'car/2.png': png })
  assert.equal(set.classes, ['car', 'train'])
})

test('pictures without a class and of other formats are counted and named', async () => {
  const set = await open({
    'cat/1.png': png,
    'dog/2.png': png,
    'dog/3.GIF': 'gif',
    'stray.png': png,
  })
  assert.equal(set.unusable, [
    { name: 'dog/3.GIF', reason: '.GIF files are not decoded; convert it to JPEG, PNG or WebP' },
    { name: 'stray.png', reason: "it is in no class's folder" },
  ])
})

test('folders that nothing can be learnt from are refused', async () => {
  const refused: [Contents, new (message: string) => VitrineError, RegExp][] = [
    [{ 'cat/1.png': png, 'dog/notes.txt': '' }, DatasetError, /class "dog" .* has no training/],
    [{ 'cat/1.png': png }, DatasetError, /only the class "cat"/],
    [{ 'notes.txt': '' }, DatasetError, /no training pictures/],
    [{ 'test/cat/1.png': png, 'test/dog/1.png': png }, DatasetError, /no classes in "train"/],
    [
      { 'train/cat/1.png': png, 'train/dog/1.png': png, 'test/cow/1.png': png },
      DatasetError,
      /test\/cow\/1\.png .* class "cow", which has no folder in "train"/,
    ],
  ]
  for (const [files, type, message] of refused) {
    await rejects(openDataset(asFiles(files)), type, message)
    await withFolder(files, (folder) => rejects(openDataset(folder), type, message).then(() => {}))
  }
  await rejects(openDataset(''), ArgumentError, /path of the data set is empty/)
  await rejects(openDataset('/no/such/folder'), SourceError, /no such file/)
  await rejects(openDataset(7 as never), ArgumentError, /this is 7/)
  await rejects(openDataset({ dev: 'a.tar' } as never), ArgumentError, /"dev" is no split/)
  const [file] = asFiles({ 'a.png': png })
  await rejects(openDataset([file!, file!]), ArgumentError, /Two of .* have the path a\.png/)
})

test('options that do not exist, are wrong or have no effect are refused by name', async () => {
  const files = asFiles({ 'cat/1.png': png, 'dog/2.png': png })
  const refused: [object, RegExp][] = [
    [{ label: 'x' }, /label/],
    [{ validation: 1 }, /validation must be a number from 0 to less than 1/],
    [{ classes: ['a', 'a'] }, /classes must be an array of at least two different texts/],
    [{ hub: { offline: 1 } }, /hub\.offline must be/],
    [{ labelColumn: 'kind' }, /labelColumn has no effect, since .* a folder for each class/],
    [{ classes: ['cat', 'dog'] }, /classes has no effect/],
  ]
  for (const [options, message] of refused) {
    await rejects(openDataset(files, options), ArgumentError, message)
  }
})

test('an empty class folder of the file system is found', async () => {
  await withFolder({ 'cat/1.png': png, 'dog/2.png': png }, async (folder) => {
    mkdirSync(join(folder, 'cow'))
    await rejects(openDataset(folder), DatasetError, /class "cow"/)
  })
})

test('links to folders are followed, and not in circles', async () => {
  await withFolder({ 'set/cat/1.png': png, 'dogs/2.png': png }, async (folder) => {
    symlinkSync(join(folder, 'dogs'), join(folder, 'set/dog'))
    const set = await openDataset(join(folder, 'set'), { validation: 0 })
    assert.equal(namesOf(set.train), ['cat/1.png', 'dog/2.png'])
    symlinkSync(join(folder, 'set'), join(folder, 'set/cat/circle'))
    await rejects(openDataset(join(folder, 'set')), SourceError, /a link leads in a circle/)
  })
})

test('a picture that vanished is left out, a folder that vanished is an error', async () => {
  await withFolder({ 'set/cat/1.png': png, 'set/dog/2.png': png }, async (folder) => {
    const set = await openDataset(join(folder, 'set'), { validation: 0 })
    rmSync(join(folder, 'set/cat/1.png'))
    const pictures = new Pictures(set.train)
    assert.is(await pictures.read(0), undefined)
    assert.match(pictures.unusable[0]!.reason, /ENOENT/)
    rmSync(join(folder, 'set'), { recursive: true })
    await rejects(pictures.read(1), DatasetError, /The folder .*set of the data set vanished/)
  })
})

const table = (...lines: string[]) => `${lines.join('\n')}\n`

test('metadata.csv gives the classes, with quotes, commas and a byte order mark', async () => {
  const set = await open({
    'metadata.csv': `\ufeff${table(
      'file_name,label,caption',
      'a.png,sea horse,"one, ""two"""',
      '"b, c.png",cat,',
      './deep/d.png,cat,"two\nlines"',
    )}`,
    'a.png': png,
    'b, c.png': png,
    'deep/d.png': png,
    'other.png': png,
  })
  assert.equal(set.classes, ['cat', 'sea horse'])
  assert.equal(namesOf(set.train), ['a.png', 'b, c.png', 'deep/d.png'])
  assert.equal(labelsOf(set.train), [1, 0, 0])
  assert.equal(set.unusable, [{ name: 'other.png', reason: 'it is not in metadata.csv' }])
})

test('metadata.csv of Windows, with empty lines', async () => {
  const csv = 'file_name,label\r\n"a.png",dog\r\n\r\nb.png,"cat"\r\n'
  const set = await open({ 'metadata.csv': csv, 'a.png': png, 'b.png': png })
  assert.equal(
    [set.classes, labelsOf(set.train)],
    [
      ['cat', 'dog'],
      [1, 0],
    ],
  )
})

test('metadata.jsonl, splits in folders, and samples that are missing or without a label', async () => {
  const set = await open({
    'train/metadata.jsonl': table(
      '{"file_name": "a.png", "label": 10}',
      '{"file_name": "b.png", "label": 2}',
      '{"file_name": "gone.png", "label": 2}',
      '{"file_name": "c.png", "label": null}',
      '{"file_name": "a.png", "label": 2}',
    ),
    'train/a.png': png,
    'train/b.png': png,
    'train/c.png': png,
    'test/metadata.jsonl': table('{"file_name": "d.png", "label": 10}'),
    'test/d.png': png,
  })
  assert.equal(set.classes, ['2', '10'])
  assert.equal([labelsOf(set.train), labelsOf(set.test!)], [[1, 0], [1]])
  assert.equal(set.unusable, [
    { name: 'train/gone.png', reason: 'it is in train/metadata.jsonl, and missing' },
    { name: 'train/c.png', reason: 'its label in train/metadata.jsonl is null' },
    { name: 'train/a.png', reason: 'it is listed twice in train/metadata.jsonl' },
  ])
})

test('a table at the top says the split, and another column may have the label', async () => {
  const set = await open(
    {
      'metadata.csv': table(
        'file_name,kind,split',
        'x/a.png,1,train',
        'x/b.png,0,train',
        'x/c.png,1,val',
      ),
      'x/a.png': png,
      'x/b.png': png,
      'x/c.png': png,
    },
    { labelColumn: 'kind', classes: ['no', 'yes'] },
  )
  assert.equal([labelsOf(set.train), labelsOf(set.validation)], [[1, 0], [1]])
  assert.equal(set.classes, ['no', 'yes'])
})

test('tables that are wrong are refused', async () => {
  const refused: [Contents, new (message: string) => VitrineError, RegExp][] = [
    [{ 'metadata.csv': 'label\ncat\n' }, FormatError, /no column file_name; it has label/],
    [
      { 'metadata.csv': 'file_name,kind\na.png,1\n' },
      DatasetError,
      /no column label; it has file_name, kind/,
    ],
    [{ 'metadata.csv': 'file_name,label\na.png,"cat\n' }, FormatError, /no valid CSV.*[Qq]uote/],
    [{ 'metadata.csv': 'file_name,label\na.png\n' }, FormatError, /no valid CSV/],
    [{ 'metadata.csv': 'file_name,label\n' }, FormatError, /no rows/],
    [{ 'metadata.csv': Uint8Array.of(0xff, 0xfe, 0x41, 0) }, FormatError, /not UTF-8/],
    [{ 'metadata.jsonl': '{"file_name": 1, "label": 1}\n' }, FormatError, /row without file_name/],
    [{ 'metadata.jsonl': '{"file_name"\n' }, FormatError, /line 1 is no JSON object/],
    [
      { 'metadata.parquet': 'PAR1', 'metadata.csv': 'file_name,label\na.png,1\n' },
      UnsupportedError,
      /metadata\.parquet can't be read/,
    ],
    [
      {
        'train/metadata.csv': 'file_name,label\na.png,cat\nb.png,dog\n',
        'test/metadata.csv': 'file_name,label\nc.png,cow\n',
        'train/a.png': png,
        'train/b.png': png,
        'test/c.png': png,
      },
      DatasetError,
      /test\/c\.png .* label "cow"; the classes are cat, dog/,
    ],
  ]
  for (const [files, type, message] of refused) {
    await rejects(openDataset(asFiles({ 'a.png': png, ...files })), type, message)
  }
})

test.run()
