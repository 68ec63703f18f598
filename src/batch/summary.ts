import { readFile, rm, stat } from 'node:fs/promises'
import { FormatError, VitrineError } from '../errors.ts'
import { replaceText } from '../platform/node/files.ts'
import type { Layout } from './job/layout.ts'
import type { Job } from './job/settings.ts'
import { checkManifestFile } from './manifest/read.ts'
import type { FailedImage } from './results/record.ts'
import type { Results } from './results/results.ts'

/** What became of all images of a job. */
export interface Summary {
  /** Of this file. */
  readonly version: 1
  readonly job: string
  readonly manifest: { readonly sha256: string; readonly images: number }
  readonly images: number
  /** Images that have a result; with those that failed, all. */
  readonly done: number
  readonly failed: number
  /** How many images failed, by the code of the error. */
  readonly failures: Readonly<Record<string, number>>
  /** In the manifest's order. All were read, and have these checksums. */
  readonly files: readonly { path: string; bytes: number; sha256: string; rows: number }[]
}

/** @returns undefined if there is none, or its files are not there any more as it says */
export async function findSummary(layout: Layout, job: Job): Promise<Summary | undefined> {
  const text = await readFile(layout.summary, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    const summary = JSON.parse(text) as Summary
    if (summary.job !== job.id) return undefined
    for (const { path, bytes } of summary.files) {
      const { size } = await stat(layout.file(path))
      if (size !== bytes) return undefined
    }
    return summary
  } catch {
    return undefined
  }
}

export interface SummaryOptions {
  readonly signal: AbortSignal
  /** Called after each shard that was read. */
  onVerified?(shards: number): void
  /** Called with the result of a shard that is damaged, and will be computed anew. */
  onDamaged?(shard: number, error: VitrineError): void
}

/**
 * Reads all results, and writes `summary.json`, `failed.jsonl` and `SHA256SUMS`. Damaged results are forgotten.
 * @returns undefined if any were damaged or are missing
 * @throws FormatError if the manifest changed
 */
export async function summarize(
  layout: Layout,
  job: Job,
  results: Results,
  { signal, onVerified, onDamaged }: SummaryOptions,
): Promise<Summary | undefined> {
  const { manifest } = job
  await checkManifestFile(layout.own(manifest.file), manifest, signal)
  const files: Summary['files'][number][] = []
  const failed: (FailedImage & { shard: number })[] = []
  let done = 0
  let isWhole = true
  for (const [shard, { images }] of manifest.shards.entries()) {
    signal.throwIfAborted()
    try {
      const record = await results.verified(shard, true, signal)
      if (record.done + record.failed.length !== images) {
        throw new FormatError(
          `The record of shard ${shard} is of ${record.done + record.failed.length} images, and the shard has ${images}.`,
        )
      }
      done += record.done
      for (const one of record.failed) failed.push({ ...one, shard })
      for (const { path, bytes, sha256 } of record.files) {
        files.push({ path, bytes, sha256, rows: record.done })
      }
    } catch (error) {
      if (!(error instanceof VitrineError)) throw error
      isWhole = false
      onDamaged?.(shard, error)
      await results.discard(shard)
    }
    onVerified?.(shard + 1)
  }
  if (!isWhole) return undefined
  const summary: Summary = {
    version: 1,
    job: job.id,
    manifest: { sha256: manifest.sha256, images: manifest.images },
    images: manifest.images,
    done,
    failed: failed.length,
    failures: countsOf(failed),
    files,
  }
  const lines = failed.map((one) => `${JSON.stringify(one)}\n`).join('')
  await replaceText(layout.failures, lines)
  await replaceText(
    layout.checksums,
    files.map(({ sha256, path }) => `${sha256}  ${path}\n`).join(''),
  )
  await replaceText(layout.summary, `${JSON.stringify(summary, null, 1)}\n`)
  return summary
}

function countsOf(failed: readonly FailedImage[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { code } of failed) counts[code] = (counts[code] ?? 0) + 1
  return counts
}

/** A new one will be made, of results that are read again. */
export const forgetSummary = (layout: Layout): Promise<void> => rm(layout.summary, { force: true })

/** Forgets the results of shards of which images failed, so that they are computed again. */
export async function forgetFailures(
  layout: Layout,
  job: Job,
  results: Results,
  signal: AbortSignal,
): Promise<number> {
  await forgetSummary(layout)
  await results.refresh()
  let shards = 0
  for (const shard of job.manifest.shards.keys()) {
    if (!results.known.has(shard)) continue
    const record = await results.verified(shard, false, signal).catch((error) => {
      if (error instanceof VitrineError) return undefined
      throw error
    })
    if (record?.failed.length === 0) continue
    shards++
    await results.discard(shard)
  }
  return shards
}
