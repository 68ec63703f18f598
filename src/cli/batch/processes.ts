import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { onAbort } from '../../abort.ts'
import { findJob } from '../../batch/job/create.ts'
import type { Layout } from '../../batch/job/layout.ts'
import { findSummary, type Summary } from '../../batch/summary.ts'
import { WorkerError } from '../../errors.ts'
import type { BatchFlags } from './flags.ts'
import { watchProgress } from './progress.ts'

/** A process that dies is started again so many times at most: a shard kills no more than five. */
const MOST_DEATHS = 20

/**
 * Computes a job in several processes of this machine, and waits for them.
 * @returns undefined if they did their part, and others have still to finish
 * @throws WorkerError if one of them fails, and no other makes the summary
 */
export async function inProcesses(
  flags: BatchFlags,
  layout: Layout,
  signal: AbortSignal,
): Promise<Summary | undefined> {
  const job = (await findJob(layout))!
  const progress = await watchProgress(job, layout)
  let deaths = 0
  const keepOne = async () => {
    for (;;) {
      const { code, killed } = await runProcess(workerArguments(flags), signal)
      if (code === 0 || signal.aborted) return
      deaths++
      if (!killed) throw new WorkerError(`A worker ended with exit code ${code}; see above.`)
      progress.note(`A worker was killed (${killed}).`)
      if (deaths > MOST_DEATHS) {
        throw new WorkerError(`${deaths} workers were killed; run the same command to go on.`)
      }
    }
  }
  try {
    const ends = await Promise.allSettled(Array.from({ length: flags.workers }, keepOne))
    signal.throwIfAborted()
    const summary = await findSummary(layout, job)
    if (summary) return summary
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed) throw failed.reason
    return undefined
  } finally {
    progress.stop()
  }
}

/** What a worker is told; all else is the job's. */
function workerArguments(flags: BatchFlags): string[] {
  const { out, queue, lease, root, completions, weights, labels, backend, wide, workers } = flags
  const threads = flags.threads ?? Math.max(1, Math.floor(availableParallelism() / workers))
  const given = { out, queue, lease, root, completions, weights, labels, backend, threads }
  const options = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  )
  return ['batch', ...options, ...(wide ? [] : ['--no-wide']), '--child']
}

/** Runs the command line with other arguments; an abort is passed on as SIGTERM, and waited for. */
export async function runProcess(
  args: readonly string[],
  signal: AbortSignal,
): Promise<{ code: number | null; killed: NodeJS.Signals | null }> {
  signal.throwIfAborted()
  const script = process.argv[1]!
  const child: ChildProcess = spawn(process.execPath, [...process.execArgv, script, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const unlisten = onAbort(signal, () => child.kill('SIGTERM'))
  try {
    const [code, killed] = await once(child, 'exit')
    return { code, killed }
  } finally {
    unlisten()
  }
}
