import { join } from 'node:path'
import type { Format } from './settings.ts'

/** Where everything of a job lies. Results lie at the top of its folder, all else in `job`. */
export class Layout {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  /** The settings, whose presence says that there is a job. */
  get job() {
    return this.own('job.json')
  }

  get records() {
    return this.own('shards')
  }

  get leases() {
    return this.own('leases')
  }

  get drafts() {
    return this.own('drafts')
  }

  get summary() {
    return join(this.folder, 'summary.json')
  }

  get failures() {
    return join(this.folder, 'failed.jsonl')
  }

  get checksums() {
    return join(this.folder, 'SHA256SUMS')
  }

  own(name: string) {
    return join(this.folder, 'job', name)
  }

  record(shard: number) {
    return join(this.records, `${shardName(shard)}.json`)
  }

  /** A path that a record or a summary names. */
  file(path: string) {
    return join(this.folder, path)
  }
}

/** So that names are in the order of numbers, for up to a million shards. */
export const shardName = (shard: number) => String(shard).padStart(6, '0')

/** The paths of a shard's results below the job's folder. */
export function resultPaths(format: Format, shard: number): string[] {
  const number = String(shard).padStart(4, '0')
  // The layout of clip-retrieval.
  if (format === 'npy')
    return [`img_emb/img_emb_${number}.npy`, `metadata/metadata_${number}.parquet`]
  return [`results/part-${shardName(shard)}.${format}`]
}
