import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { DownloadProgress } from '../../../src/checkpoint/checkpoint.ts'
import { SourceError } from '../../../src/errors.ts'
import { cifarRemote, fetchFile, urlRemote } from '../../../src/train/data/download.ts'
import { openDataset } from '../../../src/train/data/open.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { sendPart, sha256, startOf } from '../../hub/server.ts'
import { noise, withHub } from '../../hub/setup.ts'
import { cifarRecords, gzip, labelsOf, namesOf, noisePNG, tarOf } from './made.ts'

const bytes = noise(900_000)

const read = async (source: Awaited<ReturnType<typeof fetchFile>>) => {
  try {
    return Uint8Array.from(await source.read(0, source.size!))
  } finally {
    await source.close()
  }
}

test('a file is downloaded with progress, kept in the cache, and opened from there', async () => {
  await withHub(async ({ server, settings, remote }) => {
    server.put('/a.tar', bytes)
    const archive = { ...remote, url: `${server.url}/a.tar`, sha256: sha256(bytes) }
    const progress: DownloadProgress[] = []
    const source = await fetchFile(archive, settings, { onProgress: (one) => progress.push(one) })
    assert.equal(await read(source), bytes)
    assert.is(progress.at(-1)!.loaded, bytes.length)
    assert.equal(await read(await fetchFile(archive, { ...settings, offline: true })), bytes)
    assert.is(server.taken('/a.tar').length, 1)
  })
})

test('a download that is cut off is resumed, in the call and in the next one', async () => {
  await withHub(async ({ server, settings, remote }) => {
    server.put('/a.tar', bytes)
    const archive = { ...remote, url: `${server.url}/a.tar`, sha256: sha256(bytes) }
    let cuts = 1
    server.misbehave = (request, response, file) => {
      if (!file || cuts-- <= 0) return false
      sendPart(request, response, { bytes: file, etag: server.files.get('/a.tar')!.etag! }, 400_000)
      return true
    }
    assert.equal(await read(await fetchFile(archive, settings)), bytes)
    const starts = server.taken('/a.tar').map(({ range }) => range ?? '')
    assert.is(starts.length, 2)
    assert.match(starts[1]!, /^bytes=[1-9]\d*-$/)
  })
})

test('a download that is aborted is resumed by the next call', async () => {
  await withHub(async ({ server, settings, remote }) => {
    server.put('/a.tar', bytes)
    const archive = { ...remote, url: `${server.url}/a.tar` }
    const controller = new AbortController()
    server.misbehave = (request, response, file) => {
      if (!file || startOf(request) > 0) return false
      const etag = server.files.get('/a.tar')!.etag!
      sendPart(request, response, { bytes: file, etag }, 500_000, 'stall')
      return true
    }
    const first = fetchFile(archive, settings, {
      signal: controller.signal,
      onProgress({ loaded }) {
        if (loaded >= 500_000) controller.abort(new Error('enough'))
      },
    })
    try {
      await first
      assert.unreachable()
    } catch (error) {
      assert.is((error as Error).message, 'enough')
    }
    server.misbehave = undefined
    server.asked.length = 0
    assert.equal(await read(await fetchFile(archive, settings)), bytes)
    assert.match(server.taken('/a.tar')[0]!.range ?? '', /^bytes=[1-9]\d*-$/)
  })
})

test('another SHA-256 than the published one is refused, and nothing is kept', async () => {
  await withHub(async ({ server, cache, settings, remote }) => {
    server.put('/a.tar', bytes)
    const archive = { ...remote, url: `${server.url}/a.tar`, sha256: sha256(noise(10)) }
    await rejects(fetchFile(archive, settings), SourceError, /complete but wrong: its SHA-256/)
    assert.equal((await cache.list()).whole, [])
  })
})

test('without a cache a file is downloaded into memory', async () => {
  await withHub(async ({ server, settings, remote }) => {
    server.put('/a.tar', bytes)
    const archive = { ...remote, url: `${server.url}/a.tar` }
    assert.equal(await read(await fetchFile(archive, { ...settings, cache: false })), bytes)
  })
})

test('CIFAR comes from its publisher or from a mirror, with its size and hash', async () => {
  const official = cifarRemote('cifar100', { bucket: 'https://storage.googleapis.com' })
  assert.is(official.url, 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz')
  assert.equal([official.size, official.sha256!.length], [168_513_733, 64])
  const mirror = cifarRemote('cifar10', { bucket: 'https://example.org/mirror' })
  assert.is(mirror.url, 'https://example.org/mirror/~kriz/cifar-10-binary.tar.gz')
  assert.is(mirror.id, 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz')
})

test('an archive with another size than the published one is refused by name', async () => {
  await withHub(async ({ server, cache }) => {
    const files = { 'data_batch_1.bin': cifarRecords(Array.from({ length: 10 }, (_, i) => [i])) }
    server.put('/~kriz/cifar-10-binary.tar.gz', gzip(await tarOf(files)))
    const hub = { url: server.url, cache, onNotice() {} }
    await rejects(openDataset('cifar10', { hub }), SourceError, /the publisher says 170052171/)
  })
})

test('archives and shards by their URLs', async () => {
  const png = await noisePNG(1)
  await withHub(async ({ server, cache }) => {
    const hub = { cache, onNotice() {}, retryDelay: 1 }
    const files = {
      'data_batch_1.bin': cifarRecords(Array.from({ length: 20 }, (_, i) => [i % 10])),
    }
    server.put('/cifar.tar.gz', gzip(await tarOf(files)))
    const cifar = await openDataset(`${server.url}/cifar.tar.gz`, { hub, validation: 0 })
    assert.equal(
      labelsOf(cifar.train),
      Array.from({ length: 20 }, (_, i) => i % 10),
    )
    await cifar.close()
    server.put('/s-0.tar', await tarOf({ 'a.png': png, 'a.cls': '0' }))
    server.put('/s-1.tar', await tarOf({ 'b.png': png, 'b.cls': '1' }))
    const shards = await openDataset(`${server.url}/s-{0..1}.tar`, { hub, validation: 0 })
    assert.equal(namesOf(shards.train), ['a', 'b'])
    assert.equal((await shards.train.read(1)).image, png)
    await shards.close()
    await rejects(openDataset(`${server.url}/none.tar`, { hub }), SourceError, /none\.tar.*404/)
  })
})

test('a page may pass its own data as a URL', async () => {
  const tar = await tarOf({
    'a.png': await noisePNG(1),
    'a.cls': '0',
    'b.png': await noisePNG(2),
    'b.cls': '1',
  })
  const url = `data:application/x-tar;base64,${Buffer.from(tar).toString('base64')}`
  const set = await openDataset(url, { validation: 0 })
  assert.equal(namesOf(set.train), ['a', 'b'])
  const blob = URL.createObjectURL(new Blob([tar]))
  assert.is((await openDataset(new URL(blob), { validation: 0 })).train.size, 2)
  URL.revokeObjectURL(blob)
})

test('credentials of a URL are sent, and are in no message', () => {
  const remote = urlRemote('https://user:secret@example.org/a.tar?key=1#x')
  assert.is(remote.name, 'https://example.org/a.tar')
  assert.not.match(remote.url, /secret|#/)
  assert.ok(JSON.stringify(remote.headers).includes('Basic'))
})

test('the SHA-256 of both archives stand in the source once', () => {
  const source = readFileSync(
    new URL('../../../src/train/data/download.ts', import.meta.url),
    'utf8',
  )
  assert.is(source.match(/[0-9a-f]{64}/g)!.length, 2)
})

test.run()
