import { platform } from '#platform'
import type { Request } from '../../../../src/backends/wasm/remote/protocol.ts'
import { serve } from '../../../../src/backends/wasm/remote/serve.ts'
import type { WorkerEvents, WorkerHandle } from '../../../../src/platform/platform.ts'

// The worker's side of a connection in the test's own thread, over a real channel, so that tests can see and harm
// it. browser.test.ts has real workers.

export interface TestWorker {
  /** What it was asked, in order. */
  readonly requests: Request[]
  /** Messages with weights that it has not answered. */
  readonly unanswered: () => number
  /** Has the page hear nothing more of it, as if the browser had removed it. */
  silence(): void
  /** Ends it, and says so. */
  end(reason: string): void
  readonly ended: () => boolean
}

/** Every worker that was started, the newest last. */
export const workers: TestWorker[] = []

/** Why the next workers can't be started: by an error of the constructor, or by one that comes later. */
export const starts: { fail: 'never' | 'at once' | 'later' } = { fail: 'never' }

function startRemote(events: WorkerEvents): WorkerHandle {
  if (starts.fail === 'at once') throw new Error('workers are forbidden here')
  const { port1, port2 } = new MessageChannel()
  const requests: Request[] = []
  let [silent, ended, writes] = [false, false, 0]
  const end = (reason: string) => {
    if (ended) return
    ended = true
    port1.close()
    queueMicrotask(() => events.ended(reason))
  }
  port1.onmessage = ({ data }) => {
    if (data.result instanceof ArrayBuffer) writes--
    if (!silent && !ended) events.message(data)
  }
  if (starts.fail === 'later') setTimeout(() => end('its script can’t be loaded'))
  else {
    serve({
      listen(take) {
        port2.onmessage = ({ data }) => take(data)
      },
      post: (message, transfer = []) => port2.postMessage(message, transfer as ArrayBuffer[]),
      yield: () => new Promise((resolve) => setImmediate(resolve)),
    })
  }
  workers.push({
    requests,
    unanswered: () => writes,
    silence() {
      silent = true
    },
    end,
    ended: () => ended,
  })
  return {
    post(message, transfer = []) {
      const { request } = message as { request: Request }
      requests.push(request)
      if (request.type === 'write') writes++
      port1.postMessage(message, transfer as ArrayBuffer[])
    },
    keepAlive() {},
    terminate: () => end('it was terminated'),
  }
}

/** Has this thread behave as a page's main thread. */
export function becomePage(): void {
  Object.assign(platform.threads, { startRemote })
}

/** Has this thread behave as Node's again. */
export function leavePage(): void {
  Object.assign(platform.threads, { startRemote: undefined })
}
