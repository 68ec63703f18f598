import { CacheWriteError } from '../cache.ts'
import type { Blobs } from './segments.ts'

/** The prefix of the URLs that stand for names. */
const base = 'https://vitrine-hub.invalid/'

/** Blobs in the Cache API, for older browsers without a writable OPFS; undefined where there is none. */
export async function cacheApiBlobs(): Promise<Blobs | undefined> {
  const cache = await globalThis.caches?.open('vitrine-hub').catch(() => undefined)
  if (!cache) return undefined
  return {
    async get(name) {
      const response = await cache.match(base + name)
      if (!response) return undefined
      const blob = await response.blob()
      const stored = Number(response.headers.get('x-stored'))
      return new File([blob], name, { lastModified: stored })
    },
    async put(name, parts) {
      const blob = new Blob(parts as Uint8Array<ArrayBuffer>[])
      const headers = { 'x-stored': String(Date.now()) }
      await cache.put(base + name, new Response(blob, { headers })).catch((cause: Error) => {
        throw new CacheWriteError(cause.message, { cause })
      })
    },
    delete: async (name) => void (await cache.delete(base + name)),
    names: async () => (await cache.keys()).map(({ url }) => url.slice(base.length)),
  }
}
