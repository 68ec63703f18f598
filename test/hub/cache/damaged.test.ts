import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { evict } from '../../../src/hub/cache/evict.ts'
import { memoryBlobs } from '../../../src/hub/cache/web/memory.ts'
import { SegmentCache } from '../../../src/hub/cache/web/segments.ts'
import { readHubRef } from '../../../src/hub/huggingface/hub-cache.ts'
import { listPublished, verifyEntry } from '../../../src/hub/index.ts'
import { cacheKey } from '../../../src/hub/obtain.ts'
import { draftOf } from '../../../src/platform/node/drafts.ts'
import { run } from '../../cli/run.ts'
import { fetchWhole, noise, path, withHub } from '../setup.ts'

const bytes = noise(50_000)

/** What may lie where a record should: none of it is one. */
const records = [
  '',
  'x',
  '{}',
  '[]',
  'null',
  '5',
  '"text"',
  '{"file":5}',
  '{"name":{},"file":[],"size":"9","sha256":1,"added":null}',
  JSON.stringify({ name: 'x', file: '../../x', size: 1, sha256: '0'.repeat(64), added: 1 }),
  '['.repeat(100_000) + ']'.repeat(100_000),
]

test('a malformed record is skipped, reported, and replaced by the next download', async () => {
  await withHub(async ({ server, cache, settings, remote }) => {
    server.put(path, bytes)
    await fetchWhole(remote, settings)
    const key = await cacheKey(remote)
    const folder = join(cache.place, key)
    for (const record of records) {
      // That one has all that the state of a part needs.
      const files = record.includes('../../x') ? ['info.json'] : ['info.json', 'part.json']
      for (const file of files) {
        writeFileSync(join(folder, file), record)
        if (file === 'part.json') writeFileSync(join(folder, 'part'), noise(100))
        if (file === 'part.json') rmSync(join(folder, 'info.json'), { force: true })
        const { whole, partial, damaged } = await cache.list()
        assert.equal([whole, partial], [[], []], record.slice(0, 80))
        assert.equal(
          damaged?.map((entry) => entry.key),
          [key],
        )
        assert.is(await cache.find(key), undefined)
        assert.is(await verifyEntry(cache, key), false)
        await listPublished('b_16', { cache })
        assert.equal(await fetchWhole(remote, settings), bytes)
        assert.is((await cache.list()).whole.length, 1)
        assert.is((await cache.list()).damaged, undefined)
      }
    }
    writeFileSync(join(folder, 'info.json'), '{}')
    await evict(cache, 'f', 1, 10)
    assert.equal(await cache.list(), { whole: [], partial: [] })
    // A folder where a file should be.
    mkdirSync(join(folder, 'info.json'), { recursive: true })
    assert.equal(await fetchWhole(remote, settings), bytes)
    assert.is((await cache.list()).whole.length, 1)
  })
})

test('the same in the storages of browsers', async () => {
  const blobs = memoryBlobs()
  const cache = new SegmentCache('memory', 'here', blobs)
  await withHub(async ({ server, settings, remote }) => {
    server.put(path, bytes)
    const key = await cacheKey(remote)
    const here = { ...settings, cache }
    await fetchWhole(remote, here)
    for (const record of records) {
      await blobs.put(`${key}/entry`, [Buffer.from(record)])
      const { whole, partial, damaged } = await cache.list()
      assert.equal([whole, partial, damaged?.length], [[], [], 1], record.slice(0, 80))
      assert.is(await cache.find(key), undefined)
      await blobs.put(`${key}/part`, [Buffer.from(record)])
      await cache.list()
      assert.equal(await fetchWhole(remote, here), bytes)
      assert.is((await cache.list()).whole.length, 1)
    }
    await blobs.put(`${key}/entry`, [Buffer.from('{}')])
    assert.is(await cache.remove(key), true)
    assert.equal(await cache.list(), { whole: [], partial: [] })
    await blobs.put('not ours', [])
    assert.equal(await cache.list(), { whole: [], partial: [] })
  })
})

test('cache ls, verify and rm tell of it', async () => {
  await withHub(async ({ server, cache, settings, remote, folder }) => {
    server.put(path, bytes)
    await fetchWhole(remote, settings)
    const key = await cacheKey(remote)
    const info = join(cache.place, key, 'info.json')
    writeFileSync(info, JSON.stringify({ ...JSON.parse(readFileSync(info, 'utf8')), size: 1 }))
    const env = { VITRINE_CACHE: folder }
    assert.match((await run(['cache', 'ls'], { env })).stdout, /^the file .*damaged$/m)
    const verified = await run(['cache', 'verify'], { env })
    assert.is(verified.code, 1)
    assert.match(verified.stderr, /the file: damaged.*vitrine cache rm/)
    assert.match((await run(['cache', 'rm', 'the file'], { env })).stderr, /removed the file/)
    assert.equal(await cache.list(), { whole: [], partial: [] })
  })
})

test('a malformed ref of Hugging Face’s libraries is ignored', async () => {
  await withHub(async ({ folder }) => {
    const { HF_HUB_CACHE } = process.env
    process.env.HF_HUB_CACHE = folder
    try {
      const refs = join(folder, 'models--org--name/refs')
      mkdirSync(refs, { recursive: true })
      for (const text of ['', 'x', '{}', 'g'.repeat(40), 'a'.repeat(1e6)]) {
        writeFileSync(join(refs, 'main'), text)
        assert.is(await readHubRef('org/name', 'main'), undefined)
      }
      writeFileSync(join(refs, 'main'), `${'a'.repeat(40)}\n`)
      assert.is(await readHubRef('org/name', 'main'), 'a'.repeat(40))
      rmSync(join(refs, 'main'))
      mkdirSync(join(refs, 'main'))
      assert.is(await readHubRef('org/name', 'main'), undefined)
    } finally {
      if (HF_HUB_CACHE === undefined) delete process.env.HF_HUB_CACHE
      else process.env.HF_HUB_CACHE = HF_HUB_CACHE
    }
  })
})

test('leftovers of killed processes are removed with the next download', async () => {
  await withHub(async ({ server, cache, settings, remote }) => {
    server.put(path, bytes)
    const key = await cacheKey(remote)
    const locks = join(cache.place, 'locks')
    const old = [join(locks, 'abc'), draftOf(join(locks, 'abc')), join(cache.place, key, 'x')]
    old[2] = draftOf(old[2]!)
    for (const folder of [locks, join(cache.place, key), join(cache.place, 'abc.gone-1')]) {
      mkdirSync(folder, { recursive: true })
    }
    writeFileSync(join(cache.place, 'abc.gone-1', 'large'), bytes)
    for (const path of [...old, join(locks, 'readme')]) {
      writeFileSync(path, 'x')
      utimesSync(path, 0, 0)
    }
    const young = join(locks, 'def')
    writeFileSync(young, 'x')
    await fetchWhole(remote, settings)
    assert.equal(readdirSync(cache.place).sort(), [key, 'locks'].sort())
    assert.equal(readdirSync(locks).sort(), ['def', 'readme'])
    assert.is(readdirSync(join(cache.place, key)).length, 2)
  })
})

test.run()
