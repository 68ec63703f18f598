import { resolve } from 'node:path'
import type { Command } from 'commander'
import { conclude } from '../../batch/conclude.ts'
import { createJob, findJob } from '../../batch/job/create.ts'
import { identityOf, requireSameModel } from '../../batch/job/identity.ts'
import { Layout } from '../../batch/job/layout.ts'
import type { Job } from '../../batch/job/settings.ts'
import { LeaseFolder } from '../../batch/queue/leases/lease-folder.ts'
import { checkFormat } from '../../batch/results/formats/formats.ts'
import { Results } from '../../batch/results/results.ts'
import { forgetFailures, forgetSummary, type Summary } from '../../batch/summary.ts'
import { work } from '../../batch/worker.ts'
import { ArgumentError, FormatError, SourceError, UnsupportedError } from '../../errors.ts'
import type { AnyConfig } from '../../families/architectures.ts'
import type { ImageModel } from '../../model/image-model.ts'
import { ExitCode, report, UsageError } from '../exit.ts'
import { loadModel } from '../options/model.ts'
import { note, writeJSON } from '../output.ts'
import { progressBar } from '../view/progress.ts'
import { countOf } from '../view/units.ts'
import { type BatchFlags, joinedFlags, sharedFlags, taskOf } from './flags.ts'
import { listImages } from './listing.ts'
import { inProcesses } from './processes.ts'
import { silent, watchProgress } from './progress.ts'
import { openQueue } from './queues.ts'
import { summaryLines } from './view.ts'

type Model = ImageModel<AnyConfig>

/** `vitrine batch`, as its flags say. */
export async function batch(
  command: Command,
  names: readonly string[],
  flags: BatchFlags,
  signal: AbortSignal,
): Promise<void> {
  try {
    await run(command, names, flags, signal)
  } catch (error) {
    // Of the job's folder: what else is read and written says itself what went wrong.
    if (error instanceof Error && 'syscall' in error) {
      throw new SourceError(`Can't use ${flags.out}: ${error.message}.`, { cause: error })
    }
    const isForGood =
      error instanceof UsageError || error instanceof ArgumentError || error instanceof FormatError
    if (flags.queue !== 'kubernetes' || !isForGood || signal.aborted) throw error
    // Another pod would fail in the same way.
    report(error)
    process.exitCode = ExitCode.failIndex
  }
}

async function run(
  command: Command,
  names: readonly string[],
  given: BatchFlags,
  signal: AbortSignal,
): Promise<void> {
  const layout = new Layout(given.out)
  const found = await findJob(layout)
  if (found) requireSameList(found, names, given)
  else if (names.length === 0) {
    throw new UsageError(`There is no job in ${given.out}; name the images of a new one.`)
  }
  const flags = found ? joinedFlags(command, given, found) : given
  checkFormat(taskOf(flags))
  if (found) await forget(found, layout, flags, signal)
  const summary = await summaryOf(found, names, flags, layout, signal)
  if (summary && !flags.child) await show(summary, flags, signal)
}

/** @returns undefined where nothing was computed, or other workers have still to finish */
async function summaryOf(
  found: Job | undefined,
  names: readonly string[],
  flags: BatchFlags,
  layout: Layout,
  signal: AbortSignal,
): Promise<Summary | undefined> {
  const hasProcesses = flags.workers > 1
  if (found && hasProcesses && !flags.plan) return inProcesses(flags, layout, signal)
  const model = await loadModel(flags, signal, { blocking: false })
  try {
    const job = await openJob(found, names, flags, layout, model, signal)
    if (flags.plan) {
      const { images, shards } = job.manifest
      note(`${flags.out}: ${countOf(images, 'image')} in ${countOf(shards.length, 'shard')}`)
      return undefined
    }
    if (!hasProcesses) return await compute(job, layout, flags, model, signal)
  } finally {
    model.dispose()
  }
  return inProcesses(flags, layout, signal)
}

/** Makes results count no more that are to be made again. */
async function forget(
  job: Job,
  layout: Layout,
  { verify, retryFailed }: BatchFlags,
  signal: AbortSignal,
): Promise<void> {
  if (verify) await forgetSummary(layout)
  if (!retryFailed) return
  const results = new Results(layout, job)
  const shards = await forgetFailures(layout, job, results, signal)
  note(`${countOf(shards, 'shard')} with images that failed: computed again`)
}

/** @throws ArgumentError where other images are named than those of the job */
function requireSameList({ listed, root }: Job, names: readonly string[], { out }: BatchFlags) {
  if (names.length === 0) return
  const absolute = (all: readonly string[], from: string) =>
    JSON.stringify(all.map((name) => (name.includes('://') ? name : resolve(from, name))))
  if (absolute(listed, root) === absolute(names, process.cwd())) return
  throw new ArgumentError(
    `The job in ${out} is of other images: ${listed.join(' ')}. Leave them out to go on with it, or start another job in another folder.`,
  )
}

async function openJob(
  found: Job | undefined,
  names: readonly string[],
  flags: BatchFlags,
  layout: Layout,
  model: Model,
  signal: AbortSignal,
): Promise<Job> {
  const { task, format } = taskOf(flags)
  if (task.kind === 'classify' && model.config.classes === 0) {
    throw new UnsupportedError('This model has no classes of its own; pass --embed.')
  }
  const identity = await identityOf(model, flags.dtype, flags.weights)
  if (found) {
    requireSameModel(found, identity, flags.out)
    return found
  }
  const { recursive = false, root = '.', shardSize, duplicates } = flags
  const settings = {
    task,
    format,
    model: identity,
    flags: sharedFlags(flags),
    listed: names.map((name) => (name.includes('://') ? name : resolve(name))),
    root: resolve(root),
  }
  const bar = await progressBar('listing')
  let count = 0
  const images = listImages(names, { recursive, root: settings.root, signal })
  async function* counted() {
    for await (const image of images) {
      yield image
      bar.update(++count, undefined, `  ${countOf(count, 'image')}`)
    }
  }
  try {
    const { job, skipped } = await createJob(layout, settings, counted(), {
      ...{ shardSize, duplicates, signal },
    })
    if (skipped > 0) note(`${countOf(skipped, 'image')} listed again, and counted once`)
    return job
  } finally {
    bar.stop()
  }
}

/** @returns undefined where other workers have still to finish */
async function compute(
  job: Job,
  layout: Layout,
  flags: BatchFlags,
  model: Model,
  signal: AbortSignal,
): Promise<Summary | undefined> {
  const results = new Results(layout, job)
  const leases = new LeaseFolder(layout.leases, 1000 * flags.lease)
  const root = resolve(flags.root ?? job.root)
  const progress = flags.child ? silent : await watchProgress(job, layout)
  const queue = await openQueue(flags, { job, leases, results, onTrouble: progress.note })
  try {
    for (;;) {
      await work({
        ...{ job, layout, results, queue, model, root, signal },
        onShard: progress.shard,
        onTrouble: progress.note,
      })
      const summary = await conclude(layout, job, results, leases, {
        signal,
        onVerified: progress.verified,
        onDamaged: (shard, { message }) =>
          progress.note(`Shard ${shard} is computed anew: ${message}`),
      })
      if (summary || flags.queue === 'kubernetes') return summary
    }
  } finally {
    progress.stop()
    await queue.close()
  }
}

async function show(summary: Summary, flags: BatchFlags, signal: AbortSignal): Promise<void> {
  for (const line of summaryLines(summary, flags.out)) note(line)
  if (flags.json) await writeJSON(summary, signal)
  // A pod that fails is started again, and the images would fail again.
  if (summary.failed > 0 && flags.queue !== 'kubernetes') process.exitCode = ExitCode.failure
}
