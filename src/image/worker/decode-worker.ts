// The entry point of the workers that decode images, one job at a time each.
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

port.listen(async (job) => {
  try {
    const result = await run(job as Job | DrawJob)
    tell({ tell: 'done', result }, buffersOf(result))
  } catch (error) {
    tell({ tell: 'failed', error: describeError(error) })
  }
})
tell({ tell: 'ready' })
