import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { FolderCache } from '../../../src/hub/cache/node/folder.ts'
import { sha256 } from '../server.ts'
import { fetchWhole, noise, path, wholeEntries, withHub } from '../setup.ts'

const bytes = noise(3_000_000)

/** Makes a file system of its own, where this user may have one. */
function mount(folder: string, options: string): void {
  mkdirSync(folder, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' })
}

function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-mount-'))
  try {
    mount(folder, 'size=1m')
    execFileSync('umount', [folder])
    return true
  } catch {
    console.log('skipping what needs a file system of its own: this user may not mount one')
    return false
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const mountTest = mayMount() ? test : test.skip

mountTest(
  'a disk that becomes full: the file is loaded without being kept, and takes no space',
  async () => {
    await withHub(async ({ server, folder, settings, remote, notices }) => {
      const small = join(folder, 'small')
      mount(small, 'size=2m')
      try {
        server.put(path, bytes)
        const cache = new FolderCache(join(small, 'hub'))
        const known = { ...remote, sha256: sha256(bytes) }
        assert.equal(await fetchWhole(known, { ...settings, cache }), bytes)
        assert.match(notices.join(), /not kept, only loaded: ENOSPC/)
        assert.equal(await cache.list(), { whole: [], partial: [] })
        assert.match(server.taken(path)[1]!.range!, /^bytes=[1-9]/)
        // With space again it is kept.
        execFileSync('mount', ['-o', 'remount,size=8m', small])
        assert.equal(await fetchWhole(known, { ...settings, cache }), bytes)
        assert.equal(await wholeEntries(cache), [bytes])
      } finally {
        execFileSync('umount', [small])
      }
    })
  },
)

mountTest(
  'a file system that is read-only: what is there is used, what is not is loaded',
  async () => {
    await withHub(async ({ server, folder, settings, remote, notices }) => {
      const place = join(folder, 'read-only')
      mount(place, 'size=16m')
      try {
        server.put(path, bytes)
        server.put('/other', bytes)
        const cache = new FolderCache(join(place, 'hub'))
        const here = { ...settings, cache }
        await fetchWhole(remote, here)
        execFileSync('mount', ['-o', 'remount,ro', place])
        server.asked.length = 0
        assert.equal(await fetchWhole(remote, here), bytes)
        assert.is(server.asked.length, 0)
        const other = { ...remote, id: 'https://example.org/other', url: `${server.url}/other` }
        assert.equal(await fetchWhole(other, here), bytes)
        assert.match(notices.join(), /not kept, only loaded: EROFS/)
      } finally {
        execFileSync('umount', [place])
      }
    })
  },
)

test('a cache that can’t be a folder', async () => {
  await withHub(async ({ server, folder, settings, remote, notices }) => {
    server.put(path, bytes)
    writeFileSync(join(folder, 'file'), 'x')
    const cache = new FolderCache(join(folder, 'file/hub'))
    assert.equal(await fetchWhole(remote, { ...settings, cache }), bytes)
    assert.match(notices.join(), /not kept, only loaded: ENOTDIR/)
    assert.equal(await fetchWhole(remote, { ...settings, cache: false }), bytes)
  })
})

test('the least recently used entries are evicted; entries being written stay', async () => {
  await withHub(async ({ server, cache, settings, remote }) => {
    const remoteOf = (name: string) => ({
      ...remote,
      id: `https://example.org/${name}`,
      url: `${server.url}/${name}`,
      name,
      size: bytes.length,
    })
    const few = { ...settings, maxCacheBytes: 7_000_000 }
    const names = async () => (await cache.list()).whole.map(({ name }) => name).sort()
    for (const name of ['a', 'b', 'c', 'd']) server.put(`/${name}`, bytes)
    const pause = () => new Promise((resolve) => setTimeout(resolve, 20))
    await fetchWhole(remoteOf('a'), few)
    await pause()
    await fetchWhole(remoteOf('b'), few)
    await pause()
    await fetchWhole(remoteOf('a'), few)
    await pause()
    await fetchWhole(remoteOf('c'), few)
    assert.equal(await names(), ['a', 'c'])
    const { key } = (await cache.list()).whole.find(({ name }) => name === 'a')!
    const unlock = await cache.lock(key)
    assert.is(await cache.remove(key), false)
    await fetchWhole(remoteOf('d'), few)
    assert.equal(await names(), ['a', 'd'])
    await unlock()
    assert.is(await cache.remove(key), true)
    assert.equal(await names(), ['d'])
    assert.is(readdirSync(cache.place).filter((name) => name.includes('gone')).length, 0)
  })
})

test.run()
