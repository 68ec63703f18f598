import type { WorkerEvents, WorkerHandle } from '../platform.ts'

// Bundlers recognise `new Worker(new URL('…', import.meta.url))` and include the file.
export const startComputing = (events: WorkerEvents) =>
  handleOf(new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }), events)

export const startDecoder = (events: WorkerEvents) =>
  handleOf(new Worker(new URL('./decode-worker.js', import.meta.url), { type: 'module' }), events)

const startRemote = (events: WorkerEvents) =>
  handleOf(new Worker(new URL('./remote-worker.js', import.meta.url), { type: 'module' }), events)

const isPage = typeof document === 'object' && typeof Worker === 'function'

/** Only in pages; other threads may compute themselves. */
export const startRemoteInPage = isPage ? startRemote : undefined

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
  worker.onmessageerror = () => end('a message of it could not be read')
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer as Transferable[]),
    keepAlive() {},
    terminate: () => end('it was terminated'),
  }
}
