// The entry point of the worker that decodes large images, one job at a time.
import { port } from '#port'
import { describeError } from '../../error-message.ts'
import { type Job, type Report, runJob } from './job.ts'

const tell = (report: Report, transfer: ArrayBufferLike[] = []) => port.post(report, transfer)

port.listen(async (job) => {
  try {
    const result = await runJob(job as Job)
    const { buffer } = 'data' in result ? result.data : result
    tell({ tell: 'done', result }, [buffer])
  } catch (error) {
    tell({ tell: 'failed', error: describeError(error) })
  }
})
tell({ tell: 'ready' })
