import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { UnsupportedError } from '../../src/errors.ts'
import { type Meter, measure } from '../engine/measure.ts'
import { peakBytes } from '../engine/peak-bytes.ts'
import type { Place } from '../engine/peer.ts'
import type { Job, Reply, Request } from '../engine/protocol.ts'

// The entry of every process of a measurement. It holds one engine and one case.
const job = JSON.parse(process.argv[2]!) as Job

const place: Place = {
  runtime: 'node',
  module: (path) => import(pathToFileURL(join(job.packages, path)).href),
  asset: (path) => join(job.packages, path),
  file: (name) => join(job.files, name),
  read: (name) => readFile(join(job.files, name)) as Promise<Uint8Array<ArrayBuffer>>,
}

const meter: Meter = {
  cpu() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
  peakBytes,
  sinceStart: () =>
    performance.timeOrigin + performance.now() - Number(process.env.VITRINE_BENCH_START),
  yield: () => new Promise((resolve) => setImmediate(resolve)),
}

// Ctrl-C goes to all processes of a terminal; the driver decides which ends when.
process.on('SIGINT', () => {})
process.once('disconnect', () => process.exit())
run().catch((error: Error) => {
  const unsupported = error instanceof UnsupportedError
  process.send!({ tell: 'failed', message: error.message, unsupported } satisfies Reply)
})

async function run(): Promise<void> {
  const { loaded, answer } = await measure(job, place, meter)
  process.send!(loaded)
  process.on('message', async (request: Request) => {
    try {
      process.send!(await answer(request))
    } catch (error) {
      const { message } = error as Error
      process.send!({ tell: 'failed', message, unsupported: false } satisfies Reply)
    }
  })
}
