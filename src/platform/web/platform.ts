import { SourceError, UnsupportedError } from '../../errors.ts'
import { fetchRequest } from '../http.ts'
import type { Notes, Platform, WorkerEvents, WorkerHandle } from '../platform.ts'
import { nameOfUrl, visible, withoutSecretsInError } from '../url-name.ts'
import { pictures } from './pictures.ts'

// Browsers run a bundle: build/web, or build/page for the benchmark.
const packageRoot = new URL('../../', import.meta.url)

/** Browsers share memory only in pages that are cross-origin isolated. */
function threadObstacle(): string | undefined {
  if (typeof Worker !== 'function') return 'this runtime has no workers'
  const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated
  if (isolated === false) {
    return 'this page is not cross-origin isolated; serve it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp'
  }
  if (typeof SharedArrayBuffer !== 'function') return 'this runtime has no SharedArrayBuffer'
  return undefined
}

// Bundlers recognise this form and include the files.
const startComputing = (events: WorkerEvents) =>
  handleOf(new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }), events)

const startDecoder = (events: WorkerEvents) =>
  handleOf(new Worker(new URL('./decode-worker.js', import.meta.url), { type: 'module' }), events)

function handleOf(worker: Worker, events: WorkerEvents): WorkerHandle {
  let over = false
  const end = (reason: string) => {
    if (over) return
    over = true
    worker.terminate()
    queueMicrotask(() => events.ended(reason))
  }
  worker.onmessage = ({ data }) => events.message(data)
  worker.onerror = (event) => {
    event.preventDefault()
    end(event.message || `its script beside ${import.meta.url} can't be loaded`)
  }
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer as Transferable[]),
    keepAlive() {},
    terminate: () => end('it was terminated'),
  }
}

/** Pages only: workers have no localStorage, and Node warns when it is accessed. */
const storage = () => (typeof document === 'object' ? globalThis.localStorage : undefined)

const notes: Notes = {
  recall(name) {
    try {
      return storage()?.getItem(`vitrine ${name}`) ?? undefined
    } catch {
      return undefined
    }
  },
  remember(name, text) {
    try {
      storage()?.setItem(`vitrine ${name}`, text)
    } catch {
      // The page may lack space or permission.
    }
  },
}

export const platform: Platform = {
  name: 'web',
  async readAsset(path) {
    const url = new URL(path, packageRoot)
    const response = await fetch(url).catch((cause: Error) => {
      const clean = withoutSecretsInError(cause) as Error
      throw new SourceError(`Can't fetch ${nameOfUrl(url)}: ${clean.message}.`, { cause: clean })
    })
    if (!response.ok)
      throw new SourceError(`Can't fetch ${nameOfUrl(url)}: HTTP ${response.status}.`)
    return new Uint8Array(await response.arrayBuffer())
  },
  readDependency: async () => undefined,
  async openFile(path) {
    throw new UnsupportedError(
      `There is no file system here to open ${typeof path === 'string' ? JSON.stringify(visible(path)) : nameOfUrl(path)}; pass a URL, a Blob or bytes.`,
    )
  },
  hasFile: async () => false,
  filesIn: async () => undefined,
  siblingPath: (_, name) => name,
  // `fetch` is looked up at each call, since tests and service workers replace it.
  request: (url, options) => fetchRequest(fetch)(url, options),
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
    startDecoder,
  },
  pictures,
  yield: () =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close()
        resolve()
      }
      port2.postMessage(null)
    }),
}
