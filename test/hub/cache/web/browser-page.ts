import type { Cache } from '../../../../src/hub/cache/cache.ts'
import { cacheApiBlobs } from '../../../../src/hub/cache/web/cache-api.ts'
import { memoryBlobs } from '../../../../src/hub/cache/web/memory.ts'
import { openCache } from '../../../../src/hub/cache/web/open.ts'
import { opfsBlobs } from '../../../../src/hub/cache/web/opfs.ts'
import { SegmentCache } from '../../../../src/hub/cache/web/segments.ts'
import { obtainBytes } from '../../../../src/hub/obtain.ts'
import type { Remote } from '../../../../src/hub/remote.ts'
import { resolveSettings } from '../../../../src/hub/settings.ts'
import { load } from '../../../../src/index.ts'

// What runs in the page, called by browser.test.ts.

const memory = new SegmentCache('memory', 'this page', memoryBlobs())

async function open(kind: Cache['kind']): Promise<Cache> {
  if (kind === 'memory') return memory
  const blobs = await (kind === 'opfs' ? opfsBlobs() : cacheApiBlobs())
  if (!blobs) throw new Error(`this browser has no ${kind}`)
  return new SegmentCache(kind, kind, blobs)
}

const hexadecimal = async (bytes: Uint8Array) =>
  [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')

const page = {
  kind: async () => (await openCache()).kind,
  async fetch(kind: Cache['kind'], remote: Remote) {
    const notices: string[] = []
    const settings = resolveSettings({
      cache: await open(kind),
      timeout: 4000,
      retryDelay: 5,
      onNotice: (text) => notices.push(text),
    })
    try {
      return { sha256: await hexadecimal(await obtainBytes(remote, settings, undefined)), notices }
    } catch (error) {
      const { code, message } = error as Error & { code?: string }
      return { code, message, notices }
    }
  },
  /** The hashes of what is whole, as recorded and as it is; and how much is there in parts. */
  async entries(kind: Cache['kind']) {
    const cache = await open(kind)
    const { whole, partial } = await cache.list()
    const found: { recorded: string; is: string }[] = []
    for (const { key, sha256 } of whole) {
      const source = await (await cache.find(key))!.open()
      found.push({ recorded: sha256, is: await hexadecimal(await source.read(0, source.size!)) })
    }
    return { whole: found, partial: partial.map(({ size }) => size) }
  },
  async clear(kind: Cache['kind']) {
    const cache = await open(kind)
    const { whole, partial } = await cache.list()
    for (const { key } of [...whole, ...partial]) await cache.remove(key)
  },
  async logits(name: string, url: string, pixels: number[]) {
    using vit = await load(name, { backend: 'reference', hub: { url } })
    return [...(await vit.logits(Float32Array.from(pixels)))]
  },
}

export type Page = typeof page

Object.assign(globalThis, { page })
