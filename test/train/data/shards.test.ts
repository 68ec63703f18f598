import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ArgumentError, FormatError, SourceError, UnsupportedError } from '../../../src/errors.ts'
import { DatasetError } from '../../../src/train/data/errors.ts'
import { openDataset } from '../../../src/train/data/open.ts'
import { Pictures } from '../../../src/train/data/pictures.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { asFiles, gzip, labelsOf, namesOf, noisePNG, tarOf, withFolder } from './made.ts'

const png = await noisePNG(1)
const blob = async (files: Parameters<typeof tarOf>[0]) => new Blob([await tarOf(files)])
const whole = { validation: 0 }

test('members of one name are a sample; labels are .cls or in .json', async () => {
  const set = await openDataset(
    await blob({
      'a/001.png': png,
      'a/001.cls': '1\n',
      'a/002.json': '{"label": 0, "class_name": "cat"}',
      'a/002.seg.png': 'another member',
      'a/002.png': png,
      'b/001.cls': '1',
      'b/001.JPEG': png,
      '__MACOSX/._a.png': 'none',
    }),
    whole,
  )
  assert.equal(namesOf(set.train), ['a/001', 'a/002', 'b/001'])
  assert.equal(labelsOf(set.train), [1, 0, 1])
  assert.equal(set.classes, ['cat', '1'])
  assert.equal((await set.train.read(1)).image, png)
  assert.equal(set.unusable, [])
})

test('samples without a picture or a label are counted and named', async () => {
  const set = await openDataset(
    await blob({
      '1.png': png,
      '1.cls': '0',
      '2.cls': '1',
      '2.txt': 'a caption',
      '3.png': png,
      '4.png': png,
      '4.json': '{"label"',
      '5.png': png,
      '5.json': '{"label": 1.5}',
      '6.png': png,
      '6.cls': '1',
      '7.png': png,
      '7.json': 'null',
    }),
    whole,
  )
  assert.equal(namesOf(set.train), ['1', '6'])
  assert.equal(
    set.unusable.map(({ name, reason }) => `${name}: ${reason}`),
    [
      'the given Blob: 2: it has no picture, only cls, txt',
      'the given Blob: 3: it has no label, neither .cls nor "label" in .json',
      'the given Blob: 4: its .json is not valid JSON',
      'the given Blob: 5: its label is 1.5',
      'the given Blob: 7: it has no label, neither .cls nor "label" in .json',
    ],
  )
})

test('labels may be texts, and names of classes may be given', async () => {
  const files = { '1.png': png, '1.cls': 'dog', '2.png': png, '2.cls': 'cat' }
  const set = await openDataset(await blob(files), whole)
  assert.equal(
    [set.classes, labelsOf(set.train)],
    [
      ['cat', 'dog'],
      [1, 0],
    ],
  )
  const named = await openDataset(await blob(files), { ...whole, classes: ['dog', 'cat'] })
  assert.equal(labelsOf(named.train), [0, 1])
  const classes = ['dog', 'cow']
  await rejects(openDataset(await blob(files), { classes }), DatasetError, /2 in .* label "cat"/)
})

const shard = (first: number, labels: readonly number[]) =>
  tarOf(
    Object.fromEntries(
      labels.flatMap((label, i) => [
        [`${first + i}.png`, png],
        [`${first + i}.cls`, String(label)],
      ]),
    ),
  )

test('shards by braces, as a list, by split, in a folder, compressed or not', async () => {
  const files = {
    'set-train-00.tar': await shard(0, [0, 1]),
    'set-train-01.tar.gz': gzip(await shard(2, [1, 0])),
    'set-test-00.tar': await shard(4, [1]),
    'odd {name}.tar': await shard(5, [0, 1]),
  }
  await withFolder(files, async (folder) => {
    const at = (name: string) => join(folder, name)
    const inputs = [
      { train: [at('set-train-00.tar'), at('set-train-01.tar.gz')], test: at('set-test-00.tar') },
      { train: at('set-train-{00.tar,01.tar.gz}'), test: at('set-test-{00..00}.tar') },
      asFiles({ ...files, 'odd {name}.tar': png }).slice(0, 3),
    ]
    for (const input of inputs) {
      const set = await openDataset(input, whole)
      assert.equal(namesOf(set.train), ['0', '1', '2', '3'])
      assert.equal(namesOf(set.test!), ['4'])
      await set.close()
    }
    const odd = await openDataset(at('odd {name}.tar'), whole)
    assert.equal(namesOf(odd.train), ['5', '6'])
    await odd.close()
    const all = await openDataset(folder, whole)
    assert.equal([all.train.size, all.test!.size], [6, 1])
    await all.close()
    await rejects(openDataset(at('set-train-{00..01}.tar')), SourceError, /set-train-01\.tar/)
    await rejects(openDataset(at('{x}.tar')), ArgumentError, /neither a range/)
  })
})

test('a damaged picture is left out, a damaged archive is an error', async () => {
  const tar = await tarOf({
    '1.png': png.subarray(0, 50),
    '1.cls': '0',
    '2.png': png,
    '2.cls': '1',
  })
  const set = await openDataset(new Blob([tar]), whole)
  const pictures = new Pictures(set.train)
  assert.is(await pictures.read(0), undefined)
  assert.ok(await pictures.read(1))
  assert.equal(
    pictures.unusable.map(({ name }) => name),
    ['1'],
  )
  await rejects(openDataset(new Blob([tar.subarray(0, 700)])), FormatError, /truncated|no tar|ends/)
  await rejects(openDataset(new Blob([png])), UnsupportedError, /is no data set/)
  await rejects(openDataset(new Blob([])), UnsupportedError, /is no data set/)
})

test.run()
