import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Entry } from '../../src/batch/manifest/entry.ts'
import { readShard } from '../../src/batch/manifest/read.ts'
import { writeManifest } from '../../src/batch/manifest/write.ts'
import { listImages } from '../../src/cli/batch/listing.ts'
import { ArgumentError, FormatError, SourceError } from '../../src/errors.ts'
import { rejects } from '../checkpoint/collect.ts'
import { temporaryFolder } from '../cli/run.ts'
import { tarOf } from '../train/data/made.ts'

const folder = temporaryFolder()
const { signal } = new AbortController()
const picture = readFileSync('examples/coffee.png')
const at = (name: string) => join(folder, name)

mkdirSync(at('photos/more'), { recursive: true })
for (const name of ['photos/a.png', 'photos/b.png', 'photos/more/c.png']) {
  copyFileSync('examples/coffee.png', at(name))
}
writeFileSync(at('photos/notes.txt'), 'no list, since nobody named it')
writeFileSync(
  at('photos/shard.tar'),
  await tarOf({ './x.png': Uint8Array.from(picture), 'x.cls': '3', 'y.jpg': '', '._y.jpg': '' }),
)

async function listed(names: readonly string[], recursive = false): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const entry of listImages(names, { recursive, root: folder, signal })) {
    entries.push(entry)
  }
  return entries
}

const images = async (...names: string[]) => (await listed(names)).map(({ image }) => image)

test('a folder stands for its pictures and for those in its archives', async () => {
  const photos = at('photos')
  const own = [`${photos}/a.png`, `${photos}/b.png`]
  const packed = [`${photos}/shard.tar/x.png`, `${photos}/shard.tar/y.jpg`]
  assert.equal(await images(photos), [...own, ...packed])
  const all = await listed([photos], true)
  assert.equal(
    all.map(({ image }) => image),
    [...own, `${photos}/more/c.png`, ...packed],
  )
  assert.equal(all[0], { image: own[0], path: 'photos/a.png' }, 'paths are relative to the root')
  const [x] = (await listed([at('photos/*.tar')])) as {
    tar: string
    offset: number
    size: number
  }[]
  const bytes = readFileSync(at('photos/shard.tar')).subarray(x!.offset, x!.offset + x!.size)
  assert.is(x!.tar, 'photos/shard.tar')
  assert.ok(bytes.equals(picture))
})

test('lists name paths relative to them, URLs, archives, and ids', async () => {
  writeFileSync(at('photos/list.txt'), '\ufeffa.png\r\n\r\nhttps://example.org/b.png\n')
  assert.equal(await listed([at('photos/list.txt')]), [
    { image: 'a.png', path: 'photos/a.png' },
    { image: 'https://example.org/b.png', url: 'https://example.org/b.png' },
  ])
  writeFileSync(at('list.csv'), 'id,path,note\n1,photos/a.png,"one, two"\n,photos/b.png,\n')
  assert.equal(await listed([at('list.csv')]), [
    { image: '1', path: 'photos/a.png' },
    { image: 'photos/b.png', path: 'photos/b.png' },
  ])
  writeFileSync(at('list.jsonl'), '{"image":"photos/a.png","id":7}\n"photos/shard.tar"\n')
  assert.equal(await images(at('list.jsonl')), [
    '7',
    'photos/shard.tar/x.png',
    'photos/shard.tar/y.jpg',
  ])
})

test('a list that is wrong is refused with its line', async () => {
  const refused: [string, string, RegExp][] = [
    ['bad.jsonl', '{"image":"a.png"}\n{"image":', /Line 2 of .*bad\.jsonl is no JSON/],
    ['none.jsonl', '{"picture":"a.png"}\n', /names no image.*picture/],
    ['none.csv', 'a,b\n1,2\n', /Record 2 of .* names no image.*has a, b/],
    ['id.jsonl', '{"image":"a.png","id":1.5}\n', /neither a text nor a whole number/],
  ]
  for (const [name, text, message] of refused) {
    writeFileSync(at(name), text)
    const error = await rejects(listed([at(name)]), FormatError)
    assert.match(error.message, message)
  }
  await rejects(listed([at('missing.csv')]), SourceError)
  writeFileSync(at('damaged.tar'), readFileSync(at('photos/shard.tar')).subarray(0, 2000))
  await rejects(listed([at('damaged.tar')]), FormatError)
  writeFileSync(at('data.jsonl'), '{"image":"data:image/png;base64,AA"}\n')
  await rejects(listed([at('data.jsonl')]), ArgumentError)
})

async function* entriesOf(...names: string[]): AsyncGenerator<Entry> {
  for (const image of names) yield { image, path: image }
}

const options = { shardSize: 2, duplicates: 'refuse', signal } as const

test('a manifest is divided into shards, each of which is checked when it is read', async () => {
  const path = at('manifest.jsonl')
  const manifest = await writeManifest(path, entriesOf('a', 'ü', 'c'), options)
  assert.is(manifest.images, 3)
  assert.equal(
    manifest.shards.map(({ images }) => images),
    [2, 1],
  )
  const shards = await Promise.all(manifest.shards.map((shard) => readShard(path, shard)))
  assert.equal(
    shards.flat().map(({ image }) => image),
    ['a', 'ü', 'c'],
  )
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll('"c"', '"d"'))
  await readShard(path, manifest.shards[0]!)
  const error = await rejects(readShard(path, manifest.shards[1]!), FormatError)
  assert.match(error.message, /has changed since the job was made/)
})

test('an image that is listed twice is refused, or counted once', async () => {
  const twice = () => entriesOf('a', 'b', 'a')
  const error = await rejects(writeManifest(at('twice'), twice(), options), ArgumentError)
  assert.match(error.message, /a is listed twice/)
  const skip = { ...options, duplicates: 'skip' } as const
  const { images, skipped } = await writeManifest(at('once'), twice(), skip)
  assert.equal([images, skipped], [2, 1])
  await rejects(writeManifest(at('empty'), entriesOf(), options), ArgumentError)
})

test.run()
