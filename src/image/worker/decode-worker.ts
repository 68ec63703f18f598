// The entry point of workers that decode images, one job at a time.
import { port } from '#port'
import { describeError } from '../../error-message.ts'
import { buffersOf, type Job, type Report, runJob } from './job.ts'

const tell = (report: Report, transfer: ArrayBufferLike[] = []) => port.post(report, transfer)

port.listen(async (job) => {
  try {
    const result = await runJob(job as Job)
    tell({ tell: 'done', result }, buffersOf(result))
  } catch (error) {
    tell({ tell: 'failed', error: describeError(error) })
  }
})
tell({ tell: 'ready' })
