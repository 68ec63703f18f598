import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ArgumentError, SourceError } from '../../../src/index.ts'
import type { DirectoryHandle } from '../../../src/train/data/directory-handle.ts'
import { DatasetError } from '../../../src/train/data/errors.ts'
import { openDataset } from '../../../src/train/data/open.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { type Bytes, labelsOf, namesOf, noisePNG } from './made.ts'

/** Folders and files, as a page's file system has them. */
interface Folder {
  readonly [name: string]: Folder | Bytes
}

/** What a browser gives for a folder; nothing can be read once `gone` says so. */
function handleOf(name: string, folder: Folder, gone: () => string | undefined): DirectoryHandle {
  const check = (path: string) => {
    const reason = gone()
    if (reason === path || reason === 'all') throw new Error(`${path} could not be found.`)
  }
  const handle = {
    kind: 'directory' as const,
    name,
    async *entries() {
      check(name)
      for (const [own, content] of Object.entries(folder)) {
        const getFile = async () => {
          check(own)
          return new File([content as Bytes], own)
        }
        const child =
          content instanceof Uint8Array
            ? { kind: 'file' as const, name: own, getFile }
            : handleOf(own, content, gone)
        yield [own, child] as const
      }
    },
  }
  return handle
}

const [a, b, c] = await Promise.all([1, 2, 3].map((seed) => noisePNG(seed)))
const photos: Folder = {
  test: { dog: { 'd.png': a! }, cat: { 'e.png': b! } },
  train: { dog: { '2.png': b!, '1.png': a! }, cat: { deeper: { '3.png': c! } }, 'notes.txt': a! },
}
const whole = { validation: 0 }

test('a folder’s handle is a data set, with the folders below it', async () => {
  const set = await openDataset(
    handleOf('photos', photos, () => undefined),
    whole,
  )
  assert.equal([set.name, set.classes], ['photos', ['cat', 'dog']])
  assert.equal(namesOf(set.train), ['train/cat/deeper/3.png', 'train/dog/1.png', 'train/dog/2.png'])
  assert.equal([labelsOf(set.train), set.test!.size], [[0, 1, 1], 2])
  assert.equal((await set.train.read(0)).image, c)
})

test('a class without pictures is seen', async () => {
  const handle = handleOf('photos', { cat: { '1.png': a! }, dog: {} }, () => undefined)
  await rejects(
    openDataset(handle, whole),
    DatasetError,
    /The class "dog" of photos has no training/,
  )
})

test('a folder that can’t be read, a file that is gone, a folder that vanished', async () => {
  let gone: string | undefined = 'photos'
  const handle = handleOf('photos', photos, () => gone)
  await rejects(
    openDataset(handle, whole),
    SourceError,
    /Can't read the folder photos: .*requestPermission/,
  )
  gone = undefined
  const set = await openDataset(handle, whole)
  gone = '3.png'
  await rejects(set.train.read(0), SourceError, /Can't read train\/cat\/deeper\/3\.png: .*found/)
  gone = 'all'
  await rejects(set.train.read(0), DatasetError, /The folder photos of the data set vanished/)
})

test('a handle of a file is none of a folder', async () => {
  const file = { kind: 'file', name: 'a.png' } as never
  await rejects(openDataset(file, whole), ArgumentError, /"kind" is no split of a data set/)
})

test.run()
