import { UnsupportedError } from '../../src/errors.ts'
import { platform } from '../../src/platform/web/platform.ts'
import { type Meter, measure } from '../engine/measure.ts'
import type { Place } from '../engine/peer.ts'
import type { Reply, Request } from '../engine/protocol.ts'
import type { FrameJob } from './frame-engine.ts'

// The entry of every frame of a measurement. It holds one engine and one case. The job arrives in
// the address, so that a cold start is measured from the moment when the frame was asked for.
const { page, job } = JSON.parse(decodeURIComponent(location.hash.slice(1))) as FrameJob
const tell = (reply: Reply) => parent.postMessage(reply, page)

const urlOf = (base: string, path: string) => new URL(path, new URL(base, location.href)).href

const place: Place = {
  runtime: 'browser',
  module: (path) => import(urlOf(job.packages, path)),
  asset: (path) => urlOf(job.packages, path),
  file: (name) => urlOf(job.files, name),
  async read(name) {
    const response = await fetch(urlOf(job.files, name))
    if (!response.ok) throw new Error(`${name}: HTTP ${response.status}`)
    return new Uint8Array(await response.arrayBuffer())
  },
}

const meter: Meter = {
  cpu: () => undefined,
  // What a page can ask for takes seconds, waits for a garbage collection, and is no peak.
  peakBytes: () => undefined,
  sinceStart: () => performance.now(),
  yield: platform.yield,
}

addEventListener('error', ({ message }) => fail(new Error(message)))
addEventListener('unhandledrejection', ({ reason }) => fail(reason))
run().catch(fail)

async function run(): Promise<void> {
  const { loaded, answer } = await measure(job, place, meter)
  tell(loaded)
  addEventListener('message', async ({ source, data }: MessageEvent<Request>) => {
    if (source !== parent) return
    try {
      tell(await answer(data))
    } catch (error) {
      fail(error)
    }
  })
}

function fail(error: unknown): void {
  const unsupported = error instanceof UnsupportedError
  const message = error instanceof Error ? error.message : String(error)
  tell({ tell: 'failed', message, unsupported })
}
