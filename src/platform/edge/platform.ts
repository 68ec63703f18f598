import { UnsupportedError } from '../../errors.ts'
import { fetchRequest } from '../http.ts'
import { inflateRaw } from '../inflate-raw.ts'
import { noFiles } from '../no-files.ts'
import type { Platform } from '../platform.ts'

const noWorkers = (): never => {
  throw new UnsupportedError('An edge runtime has no workers.')
}

/** Cloudflare's workerd, Vercel's edge runtime: one thread, no files, no workers, nothing kept between requests. */
export const platform: Platform = {
  name: 'edge',
  inflateRaw,
  ...noFiles,
  baseUrl: () => undefined,
  request: (url, options) => fetchRequest(fetch)(url, options),
  cachesWholeAnswers: false,
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
  yield: () => new Promise((resolve) => setTimeout(resolve)),
}
