import { inflateSync } from 'fflate'
import { UnsupportedError } from '../../errors.ts'
import { type Fetch, fetchRequest } from '../http.ts'
import { noFiles } from '../no-files.ts'
import type { Platform } from '../platform.ts'

const noWorkers = (): never => {
  throw new UnsupportedError('An edge runtime has no workers.')
}

/** Workerd refuses the cache modes of browsers. */
const fetchWithoutCache: Fetch = (url, options) => {
  const { cache: _, ...rest } = options ?? {}
  return fetch(url, rest)
}

/** Cloudflare's workerd, Vercel's edge runtime: one thread, no files, no workers, nothing kept between requests. */
export const platform: Platform = {
  name: 'edge',
  // Streams are not available while a Worker starts, when a model can be loaded too.
  inflateRaw: async (deflated) => inflateSync(deflated),
  ...noFiles,
  baseUrl: () => undefined,
  request: fetchRequest(fetchWithoutCache),
  // The number of requests is limited: a model takes one, not one for each range.
  cachesWholeAnswers: true,
  notes: { recall: () => undefined, remember() {} },
  environment: () => undefined,
  threads: {
    obstacle: () => 'an edge runtime has one thread',
    cores: async () => ({ count: 1, reason: 'an edge runtime has one thread' }),
    mayBlock: () => false,
    endIsImmediate: true,
    start: noWorkers,
    startDecoder: noWorkers,
  },
  // An isolate has 128 MB, for the model and for pictures that wait too. This is a progressive JPEG of 12 megapixels.
  decodingBytes: 36 * 2 ** 20,
  // A timer belongs to the request in which it was started, and never fires once that request is answered. Work that
  // requests share, such as the queue of a model, would wait for it forever.
  yield: () => Promise.resolve(),
}
