import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Layout } from './job/layout.ts'
import type { Job } from './job/settings.ts'
import type { LeaseFolder } from './queue/leases/lease-folder.ts'
import type { Results } from './results/results.ts'
import { findSummary, type Summary, type SummaryOptions, summarize } from './summary.ts'

/** How often a summary that another worker makes is looked for, in milliseconds. */
const PAUSE = 500
const NAME = 'summary'

/**
 * Makes the summary when all shards have a result; of several workers one does, and the others wait for it.
 * @returns undefined if shards have no result, or had a damaged one: they are to be computed
 */
export async function conclude(
  layout: Layout,
  job: Job,
  results: Results,
  leases: LeaseFolder,
  options: SummaryOptions,
): Promise<Summary | undefined> {
  const { signal } = options
  for (;;) {
    signal.throwIfAborted()
    await results.refresh()
    for (const shard of job.manifest.shards.keys()) {
      if (!results.known.has(shard)) return undefined
    }
    const summary = await findSummary(layout, job)
    if (summary) return summary
    const held = await leases.acquire(NAME, (await leases.list()).get(NAME) ?? 0)
    if (!held) {
      await sleep(PAUSE, undefined, { signal })
      continue
    }
    try {
      const made = await summarize(layout, job, results, options)
      if (made) await sweep(layout)
      return made
    } finally {
      await held.remove()
    }
  }
}

/** Removes what dead workers left. A worker that still computes finds the result of another. */
async function sweep(layout: Layout): Promise<void> {
  for (const folder of [layout.drafts, layout.leases]) {
    for (const name of await readdir(folder)) {
      if (folder === layout.leases && name.startsWith(NAME)) continue
      await rm(join(folder, name), { force: true })
    }
  }
}
