import { readdirSync, readlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ArgumentError, FormatError } from '../../../src/errors.ts'
import type { RGBImage } from '../../../src/image/image.ts'
import type { Dataset } from '../../../src/train/data/dataset.ts'
import { DatasetError } from '../../../src/train/data/errors.ts'
import { openDataset } from '../../../src/train/data/open.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { skipNow } from '../../skip.ts'
import {
  asFiles,
  cifarRecords,
  gzip,
  labelsOf,
  namesOf,
  noisePNG,
  tarOf,
  withFolder,
} from './made.ts'

const numbers = (count: number, classes: number) =>
  Array.from({ length: count }, (_, i) => [i % classes])

const ten = {
  'cifar-10-batches-bin/batches.meta.txt':
    'airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n',
  'cifar-10-batches-bin/data_batch_1.bin': cifarRecords(numbers(60, 10)),
  'cifar-10-batches-bin/data_batch_2.bin': cifarRecords(numbers(40, 10)),
  'cifar-10-batches-bin/test_batch.bin': cifarRecords([[9], [0]]),
  'cifar-10-batches-bin/readme.html': 'about',
}

async function checkTen(dataset: Dataset): Promise<void> {
  assert.equal([dataset.train.size, dataset.validation.size, dataset.test!.size], [98, 2, 2])
  assert.equal([dataset.classes.length, dataset.classes[9]], [10, 'truck'])
  assert.equal(labelsOf(dataset.test!), [9, 0])
  assert.equal(namesOf(dataset.validation), ['data_batch_2.bin/38', 'data_batch_2.bin/39'])
  const { name, label, image } = await dataset.train.read(61)
  assert.equal([name, label], ['data_batch_2.bin/1', 1])
  const record = ten['cifar-10-batches-bin/data_batch_2.bin'].subarray(3073 + 1, 2 * 3073)
  const { width, height, data } = image as RGBImage
  assert.equal([width, height, data.length], [32, 32, 3072])
  for (const [y, x, c] of [
    [0, 0, 0],
    [3, 7, 1],
    [31, 31, 2],
  ] as const) {
    assert.is(data[(y * 32 + x) * 3 + c], record[c * 1024 + y * 32 + x])
  }
}

test('CIFAR-10 as its archive, as a folder and as files of a page', async () => {
  const archive = gzip(await tarOf(ten))
  await withFolder({ ...ten, 'cifar.tar.gz': archive }, async (folder) => {
    for (const input of [
      join(folder, 'cifar.tar.gz'),
      join(folder, 'cifar-10-batches-bin'),
      new Blob([archive]),
      asFiles(ten),
    ]) {
      const dataset = await openDataset(input)
      await checkTen(dataset)
      await dataset.close()
    }
  })
})

test('CIFAR-100 has fine labels, and the names that come with this package', async () => {
  const files = {
    'train.bin': cifarRecords(Array.from({ length: 100 }, (_, i) => [i % 20, i])),
    'test.bin': cifarRecords([[3, 99]]),
  }
  const dataset = await openDataset(asFiles(files), { validation: 0 })
  assert.equal([dataset.classes.length, dataset.classes[0]], [100, 'apple'])
  assert.equal(
    labelsOf(dataset.train),
    Array.from({ length: 100 }, (_, i) => i),
  )
  assert.equal(labelsOf(dataset.test!), [99])
})

test('records that are cut off, of another size or with wrong labels are refused', async () => {
  const whole = cifarRecords(numbers(20, 10))
  const cut = asFiles({ 'data_batch_1.bin': whole.subarray(0, -1) })
  await rejects(openDataset(cut), DatasetError, /neither CIFAR-10, .*data_batch_1\.bin 61459/)
  const named = asFiles({ 'data_batch_1.bin': whole.subarray(0, -1), 'batches.meta.txt': 'a\nb' })
  await rejects(openDataset(named), FormatError, /61459 bytes, .*cut off/)
  const wrong = asFiles({ 'train.bin': cifarRecords([...numbers(20, 10), [10]]) })
  await rejects(openDataset(wrong), DatasetError, /train\.bin\/20 \(train\) has the label 10/)
  const missing = asFiles({ 'train.bin': cifarRecords(numbers(9, 9)) })
  await rejects(openDataset(missing), DatasetError, /The class "truck"/)
  const empty = asFiles({ 'train.bin': new Uint8Array(0), 'batches.meta.txt': 'a\nb' })
  await rejects(openDataset(empty), FormatError, /0 bytes/)
})

test('the classes of CIFAR are known', async () => {
  const given = { classes: ['a', 'b'] }
  await rejects(openDataset(asFiles(ten), given), ArgumentError, /classes has no effect, since/)
})

test('other .bin files are none of CIFAR', async () => {
  const png = await noisePNG(1)
  const files = { 'training_args.bin': 'else', 'cat/1.png': png, 'dog/2.png': png }
  const dataset = await openDataset(asFiles(files), { validation: 0 })
  assert.equal(dataset.classes, ['cat', 'dog'])
})

/** The files below a folder that this process has open; undefined where the system does not say. */
function openFiles(folder: string): string[] | undefined {
  if (process.platform !== 'linux') return undefined
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`)
      return path.startsWith(folder) ? [basename(path)] : []
    } catch {
      // It was closed meanwhile.
      return []
    }
  })
}

test('files are closed when a data set is, and when it is refused', async () => {
  const cut = { ...ten, 'cifar-10-batches-bin/test_batch.bin': new Uint8Array(5) }
  await withFolder(ten, async (folder) => {
    const dataset = await openDataset(join(folder, 'cifar-10-batches-bin'))
    const open = openFiles(folder)
    await dataset.close()
    if (!open) return skipNow('only Linux lists open files')
    assert.equal(open.sort(), ['data_batch_1.bin', 'data_batch_2.bin', 'test_batch.bin'])
    assert.equal(openFiles(folder), [])
  })
  await withFolder(cut, async (folder) => {
    await rejects(openDataset(folder), FormatError, /5 bytes/)
    assert.equal(openFiles(folder) ?? [], [])
  })
})

test.run()
