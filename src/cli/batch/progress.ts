import type { Layout } from '../../batch/job/layout.ts'
import type { Job } from '../../batch/job/settings.ts'
import type { ShardRecord } from '../../batch/results/record.ts'
import { Results } from '../../batch/results/results.ts'
import { note as noteLine } from '../output.ts'
import { progressBar, progressText } from '../view/progress.ts'
import { countOf, formatCount } from '../view/units.ts'

/** How often the results of all workers are counted, in milliseconds. */
const PERIOD = 2000

export interface Watched {
  /** A shard that this process computed. */
  shard(record: ShardRecord): void
  /** So many shards were read for the summary. */
  verified(shards: number): void
  note(message: string): void
  stop(): void
}

/** Nothing, for a process that another one watches. */
export const silent: Watched = { shard() {}, verified() {}, note: noteLine, stop() {} }

/** Shows what all workers have done: as a bar on a terminal, else as a line for each shard of this process. */
export async function watchProgress(job: Job, layout: Layout): Promise<Watched> {
  const { shards, images } = job.manifest
  const computing = await progressBar('images')
  const reading = await progressBar('verifying')
  const results = new Results(layout, job)
  const start = performance.now()
  let before: number | undefined
  const count = async () => {
    await results.refresh()
    let done = 0
    for (const shard of results.known) done += shards[shard]?.images ?? 0
    before ??= done
    // The rate is that since this process began.
    const rate = progressText(done - before, images - before, performance.now() - start)
    const shown = done > before ? `  ${formatCount(done)} of ${formatCount(images)};${rate}` : ''
    computing.update(done, images, shown)
  }
  const timer = setInterval(() => void count().catch(() => {}), PERIOD)
  timer.unref()
  return {
    shard({ shard, done, failed, seconds }) {
      if (process.stderr.isTTY) return
      const rest = failed.length > 0 ? `, ${formatCount(failed.length)} failed` : ''
      noteLine(`shard ${shard}: ${countOf(done, 'image')} done${rest}, ${seconds} s`)
    },
    verified(read) {
      computing.stop()
      reading.update(read, shards.length)
    },
    note(message) {
      computing.stop()
      noteLine(message)
    },
    stop() {
      clearInterval(timer)
      computing.stop()
      reading.stop()
    },
  }
}
