import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { ArgumentError, SourceError } from '../../errors.ts'
import { createText, draftOf } from '../../platform/node/files.ts'
import type { Entry } from '../manifest/entry.ts'
import { type ManifestOptions, writeManifest } from '../manifest/write.ts'
import { requireSameModel } from './identity.ts'
import type { Layout } from './layout.ts'
import { type Job, readJob } from './settings.ts'

/** @returns undefined if there is no job in the folder */
export async function findJob(layout: Layout): Promise<Job | undefined> {
  const text = await readFile(layout.job, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined
    throw new SourceError(`Can't read ${layout.job}: ${cause.message}.`, { cause })
  })
  return text === undefined ? undefined : readJob(text, layout.job)
}

/**
 * Makes a job, or joins the one that another process makes of the same at the same time.
 * @returns the job that the folder has then, and how many images were listed again
 * @throws ArgumentError if it is another job; SourceError if the folder can't be written
 */
export async function createJob(
  layout: Layout,
  settings: Omit<Job, 'version' | 'id' | 'manifest'>,
  entries: AsyncIterable<Entry>,
  options: ManifestOptions,
): Promise<{ job: Job; skipped: number }> {
  for (const folder of [layout.records, layout.leases, layout.drafts]) {
    await mkdir(folder, { recursive: true }).catch((cause: Error) => {
      throw new SourceError(`Can't make the job's folder: ${cause.message}.`, { cause })
    })
  }
  const draft = draftOf(layout.own('manifest'))
  try {
    const { skipped, ...manifest } = await writeManifest(draft, entries, options)
    const file = `manifest-${manifest.sha256.slice(0, 16)}.jsonl`
    await rename(draft, layout.own(file))
    const job: Job = {
      version: 1,
      id: crypto.randomUUID(),
      ...settings,
      manifest: { file, ...manifest },
    }
    if (await createText(layout.job, `${JSON.stringify(job)}\n`)) return { job, skipped }
    const theirs = (await findJob(layout))!
    if (theirs.manifest.file !== file) await rm(layout.own(file), { force: true })
    requireSame(theirs, job, layout.folder)
    return { job: theirs, skipped }
  } finally {
    await rm(draft, { force: true })
  }
}

function requireSame(theirs: Job, ours: Job, folder: string): void {
  const part = ({ task, format, manifest: { sha256, shards } }: Job) =>
    JSON.stringify([task, format, sha256, shards.length])
  if (part(theirs) !== part(ours)) {
    throw new ArgumentError(
      `Another process has just started a job of other images or settings in ${folder}. Start this one in another folder.`,
    )
  }
  requireSameModel(theirs, ours.model, folder)
}
