// The entry point of the workers that decode images, one job after the other.
import { port } from '#port'
import { describeError } from '../../error-message.ts'
import type { RGBImage } from '../image.ts'
import type { DrawJob, DrawnImage } from './draw-job.ts'
import { type Job, runJob } from './job.ts'
import type { Report } from './report.ts'

const tell = (report: Report, transfer: ArrayBufferLike[] = []) => port.post(report, transfer)

async function run(job: Job | DrawJob): Promise<Float32Array | RGBImage | DrawnImage> {
  if (!('draw' in job)) return runJob(job)
  const { runDraw } = await import('./draw-job.ts')
  return runDraw(job)
}

/** What a result is transferred with. */
function buffersOf(result: Float32Array | RGBImage | DrawnImage): ArrayBufferLike[] {
  if (result instanceof Float32Array) return [result.buffer]
  if ('data' in result) return [result.data.buffer]
  const { pixels, kept } = result
  return kept ? [pixels.buffer, kept.data.buffer] : [pixels.buffer]
}

async function answer(job: Job | DrawJob): Promise<void> {
  try {
    const result = await run(job)
    tell({ tell: 'done', result }, buffersOf(result))
  } catch (error) {
    tell({ tell: 'failed', error: describeError(error) })
  }
}

let last: Promise<void> = Promise.resolve()
port.listen((job) => {
  last = last.then(() => answer(job as Job | DrawJob))
})
tell({ tell: 'ready' })
