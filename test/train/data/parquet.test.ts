import { ByteWriter, parquetWrite } from 'hyparquet-writer'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { FormatError, UnsupportedError } from '../../../src/errors.ts'
import { DatasetError } from '../../../src/train/data/errors.ts'
import { GroupCache } from '../../../src/train/data/group-cache.ts'
import { openDataset } from '../../../src/train/data/open.ts'
import { Pictures } from '../../../src/train/data/pictures.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { asFiles, type Bytes, labelsOf, namesOf, noisePNG } from './made.ts'

const pictures = await Promise.all([1, 2, 3, 4, 5].map((seed) => noisePNG(seed)))
const whole = { validation: 0 }

interface Written {
  readonly image?: string
  readonly label?: string
  readonly labels?: readonly (number | string)[]
  readonly names?: readonly string[]
  readonly groupRows?: number
  readonly rows?: readonly ({ bytes?: Uint8Array | null; path?: string | null } | null)[]
  readonly codec?: 'UNCOMPRESSED' | 'SNAPPY' | 'GZIP'
}

/** A file as Hugging Face's libraries write it. */
function parquet({
  image = 'image',
  label = 'label',
  labels = [1, 0, 1, 0, 1],
  names,
  groupRows = 2,
  rows = pictures.map((bytes, i) => ({ bytes, path: `p${i}.png` })),
  codec = 'SNAPPY',
}: Written = {}): Bytes {
  const writer = new ByteWriter()
  const areTexts = typeof labels[0] === 'string'
  const features = { [image]: { _type: 'Image' }, [label]: { _type: 'ClassLabel', names } }
  parquetWrite({
    writer,
    columnData: [
      { name: image, data: [...rows] },
      { name: label, data: areTexts ? [...labels] : labels.map((value) => BigInt(value)) },
    ],
    schema: [
      { name: 'root', num_children: 2 },
      { name: image, num_children: 2, repetition_type: 'OPTIONAL' },
      { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
      { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      areTexts
        ? { name: label, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' }
        : { name: label, type: 'INT64', repetition_type: 'OPTIONAL' },
    ],
    rowGroupSize: groupRows,
    codec,
    compressors: { GZIP: (bytes) => bytes },
    ...(names && {
      kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }],
    }),
  })
  return new Uint8Array(writer.getBuffer())
}

test('pictures, labels and names of classes, in several row groups', async () => {
  for (const codec of ['UNCOMPRESSED', 'SNAPPY'] as const) {
    const set = await openDataset(new Blob([parquet({ names: ['cat', 'dog'], codec })]), whole)
    assert.equal(set.classes, ['cat', 'dog'])
    assert.equal(labelsOf(set.train), [1, 0, 1, 0, 1])
    for (const index of [4, 0, 3, 1, 2]) {
      const sample = await set.train.read(index)
      assert.equal([sample.name, sample.label], [`p${index}.png`, (index + 1) % 2])
      assert.equal(sample.image, pictures[index])
    }
  }
})

test('columns by other names, labels as texts, classes without names', async () => {
  const fine = await openDataset(new Blob([parquet({ image: 'img', label: 'fine_label' })]), whole)
  assert.equal(fine.classes, ['0', '1'])
  const other = new Blob([
    parquet({ image: 'photo', label: 'kind', labels: ['b', 'a', 'b', 'c', 'a'] }),
  ])
  const texts = await openDataset(other, { ...whole, labelColumn: 'kind' })
  assert.equal(
    [texts.classes, labelsOf(texts.train)],
    [
      ['a', 'b', 'c'],
      [1, 0, 1, 2, 0],
    ],
  )
  await rejects(openDataset(other), DatasetError, /no column label; it has photo, kind/)
})

test('files of splits by their names', async () => {
  const set = await openDataset(
    asFiles({
      'data/train-00000-of-00002.parquet': parquet(),
      'data/train-00001-of-00002.parquet': parquet(),
      'data/test-00000-of-00001.parquet': parquet({ labels: [0, 0, 0, 0, 0] }),
    }),
    whole,
  )
  assert.equal([set.train.size, set.test!.size], [10, 5])
  assert.match(namesOf(set.train)[6]!, /train-00001-of-00002\.parquet: row 1$/)
})

test('rows without a picture are left out, by their names', async () => {
  const rows = [
    null,
    { bytes: null, path: 'x.png' },
    ...pictures.slice(2).map((bytes) => ({ bytes })),
  ]
  const set = await openDataset(new Blob([parquet({ rows })]), whole)
  const read = new Pictures(set.train)
  for (let i = 0; i < 5; i++) assert.is((await read.read(i)) !== undefined, i > 1)
  assert.match(read.unusable[1]!.reason, /row 1 has no picture, only its path x\.png/)
})

test('files that are wrong are refused', async () => {
  const file = parquet()
  const damaged = file.slice()
  damaged.fill(0xff, file.length - 200, file.length - 20)
  await rejects(openDataset(new Blob([damaged])), FormatError, /no valid parquet file/)
  await rejects(openDataset(new Blob([file.subarray(0, -9)])), FormatError, /no valid parquet file/)
  await rejects(
    openDataset(new Blob([parquet({ labels: [0, 1, 2, 0, 7], names: ['a', 'b', 'c'] })])),
    DatasetError,
    /Row 4 .* label 7, which is none of the 3 classes/,
  )
  await rejects(
    openDataset(new Blob([parquet({ codec: 'GZIP' })])),
    UnsupportedError,
    /compressed with GZIP/,
  )
  const tar = new Blob([new Uint8Array(512)])
  await rejects(openDataset({ train: [new Blob([file]), tar] }), UnsupportedError, /is no data set/)
})

test('row groups are kept up to a number of bytes, and calls at the same time share one reading', async () => {
  const cache = new GroupCache<string>(10)
  const reads: number[] = []
  const file = {}
  const get = (group: number) =>
    cache.get(file, group, async () => {
      reads.push(group)
      return { value: `g${group}`, bytes: 5 }
    })
  assert.equal(await Promise.all([get(0), get(0), get(1)]), ['g0', 'g0', 'g1'])
  assert.equal(reads, [0, 1])
  await get(0)
  await get(2)
  // Group 1 was used least recently.
  await get(0)
  await get(1)
  assert.equal(reads, [0, 1, 2, 1])
  const fails = () => cache.get(file, 9, () => Promise.reject(new Error('no')))
  for (let i = 0; i < 2; i++) {
    try {
      await fails()
      assert.unreachable()
    } catch (error) {
      assert.is((error as Error).message, 'no')
    }
  }
})

test.run()
