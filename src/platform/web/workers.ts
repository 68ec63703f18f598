import type { WorkerEvents, WorkerHandle } from '../platform.ts'

/**
 * Whether this thread may be blocked for ever where it starts workers. Seen in workers of Firefox 153 that start others
 * while other workers of the page end, or several at once: once in ten to a hundred starts, `new Worker` does not return.
 */
export const isBlockedByStarts =
  typeof document === 'undefined' && /\bFirefox\//.test(globalThis.navigator?.userAgent ?? '')

// Bundlers recognise `new Worker(new URL('…', import.meta.url))` and include the file.
export const startComputing = (events: WorkerEvents) =>
  start('worker.js', events, () => {
    return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
  })

export const startDecoder = (events: WorkerEvents) => {
  if (isBlockedByStarts) throw new Error('a worker of Firefox starts no others')
  return start('decode-worker.js', events, () => {
    return new Worker(new URL('./decode-worker.js', import.meta.url), { type: 'module' })
  })
}

const startRemote = (events: WorkerEvents) =>
  start('remote-worker.js', events, () => {
    return new Worker(new URL('./remote-worker.js', import.meta.url), { type: 'module' })
  })

const isPage = typeof document === 'object' && typeof Worker === 'function'

/** Only in pages; other threads may compute themselves. */
export const startRemoteInPage = isPage ? startRemote : undefined

const here = import.meta.url

/** Whether this script comes from another server than the page, such as a content delivery network. */
const isForeign = () =>
  /^https?:/.test(here) && new URL(here).origin !== globalThis.location?.origin

/** @param file beside this script */
const start = (file: string, events: WorkerEvents, open: () => Worker): WorkerHandle =>
  handleOf(isForeign() ? openForeign(file) : open(), events)

const importers = new Map<string, string>()

/** Browsers refuse workers of other servers, but let one of the page's own import their scripts. */
function openForeign(file: string): Worker {
  let importer = importers.get(file)
  if (importer === undefined) {
    const script = `import ${JSON.stringify(new URL(file, here).href)}`
    importer = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
    importers.set(file, importer)
  }
  return new Worker(importer, { type: 'module' })
}

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
    end(event.message || `its script beside ${here} can't be loaded`)
  }
  worker.onmessageerror = () => end('a message of it could not be read')
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer as Transferable[]),
    keepAlive() {},
    terminate: () => end('it was terminated'),
  }
}
