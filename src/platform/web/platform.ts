import { fetchRequest } from '../http.ts'
import { inflateRaw } from '../inflate-raw.ts'
import { noFiles } from '../no-files.ts'
import type { Platform } from '../platform.ts'
import { notes } from './notes.ts'
import { pictures } from './pictures.ts'
import { nextTurn } from './turn.ts'
import { isBlockedByStarts, startComputing, startDecoder, startRemoteInPage } from './workers.ts'

/** Browsers share memory only in pages that are cross-origin isolated. */
function threadObstacle(): string | undefined {
  if (typeof Worker !== 'function') return 'this runtime has no workers'
  const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated
  if (isolated === false) {
    return 'this page is not cross-origin isolated; serve it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp'
  }
  if (typeof SharedArrayBuffer !== 'function') return 'this runtime has no SharedArrayBuffer'
  if (isBlockedByStarts) {
    return 'Firefox may block a worker for ever that starts workers itself; a model that is loaded by the page has more threads'
  }
  return undefined
}

export const platform: Platform = {
  name: 'web',
  inflateRaw,
  ...noFiles,
  baseUrl: () => globalThis.document?.baseURI ?? globalThis.location?.href,
  // `fetch` is looked up at each call, since tests and service workers replace it.
  request: (url, options) => fetchRequest(fetch)(url, options),
  cachesWholeAnswers: true,
  notes,
  environment: () => undefined,
  threads: {
    obstacle: threadObstacle,
    async cores() {
      const logical = globalThis.navigator?.hardwareConcurrency ?? 1
      // Two logical processors may be one core with hyperthreads; the second thread does no harm then.
      const count = Math.max(Math.min(logical, 2), Math.ceil(logical / 2))
      return { count, reason: `${logical} logical ${logical === 1 ? 'processor' : 'processors'}` }
    },
    mayBlock() {
      try {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1)
        return true
      } catch {
        return false
      }
    },
    endIsImmediate: false,
    start: startComputing,
    startRemote: startRemoteInPage,
    startDecoder,
  },
  pictures,
  yield: nextTurn,
}
