// The entry point of the worker that decodes large images, one job at a time.
import { port } from '#port'
import { VitrineError } from '../../errors.ts'
import { type Job, type Report, runJob } from './job.ts'

const tell = (report: Report, transfer: ArrayBufferLike[] = []) => port.post(report, transfer)

port.listen(async (job) => {
  try {
    const result = await runJob(job as Job)
    const { buffer } = 'data' in result ? result.data : result
    tell({ tell: 'done', result }, [buffer])
  } catch (error) {
    const code = error instanceof VitrineError ? error.code : 'WORKER'
    tell({ tell: 'failed', code, message: (error as Error).message })
  }
})
tell({ tell: 'ready' })
