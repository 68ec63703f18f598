import type { Cache } from '../cache.ts'
import { cacheApiBlobs } from './cache-api.ts'
import { memoryBlobs } from './memory.ts'
import { opfsBlobs } from './opfs.ts'
import { SegmentCache } from './segments.ts'

/** The best storage available to this page. */
export async function openCache(): Promise<Cache> {
  const opfs = await opfsBlobs()
  if (opfs) return new SegmentCache('opfs', 'the private file system of this origin', opfs)
  const cacheApi = await cacheApiBlobs()
  if (cacheApi) return new SegmentCache('cache-api', 'the Cache API of this origin', cacheApi)
  return new SegmentCache('memory', 'the memory of this page', memoryBlobs())
}
