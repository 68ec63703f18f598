import { createHash } from 'node:crypto'
import type { Dtype } from '../../backends/backend.ts'
import { ArgumentError, FormatError } from '../../errors.ts'
import { isArrayOf } from '../../fields.ts'
import type { Pool } from '../../model/pools.ts'
import type { Maker } from '../../vectors/record.ts'
import { checkManifest, type Manifest } from '../manifest/shards.ts'

export type Format = 'jsonl' | 'parquet' | 'npy'

/** What is computed of each image. */
export type Task =
  | { readonly kind: 'classify'; readonly top: number }
  | {
      readonly kind: 'embed'
      readonly pool: Exclude<Pool, 'tokens'> | 'own'
      readonly normalized: boolean
      readonly dtype: 'f16' | 'f32'
    }

/** What tells models apart: workers with another one are refused. */
export interface Identity extends Maker {
  readonly dtype: Dtype
  /** Of the class names, in hexadecimal; absent where none are known. */
  readonly labels?: string
  /** Probabilities of the classes of the picture that every program has; absent where there are none. */
  readonly answers?: readonly number[]
}

/** A job, as its file says. All workers compute the same. */
export interface Job {
  /** Of this file. */
  readonly version: 1
  /** Random; queues name the job by it. */
  readonly id: string
  readonly task: Task
  readonly format: Format
  readonly model: Identity
  /** The flags that chose the model, for workers that are told only the folder. */
  readonly flags: Readonly<Record<string, unknown>>
  /** What the manifest was made of, as it was named. */
  readonly listed: readonly string[]
  /** The folder that paths of the manifest are relative to. */
  readonly root: string
  readonly manifest: Manifest
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/**
 * @param text of the file
 * @throws FormatError for what is no job; ArgumentError for one of a later version
 */
export function readJob(text: string, path: string): Job {
  let job: Partial<Job>
  try {
    job = JSON.parse(text) ?? {}
  } catch (cause) {
    throw new FormatError(`${path} is not valid JSON.`, { cause })
  }
  const { version, id, task, format, model, flags, listed, root, manifest } = job
  if (typeof version === 'number' && version > 1) {
    throw new ArgumentError(
      `${path} was written by a later version of vitrine (job ${version}, and this one reads 1).`,
    )
  }
  const isRight =
    version === 1 &&
    typeof id === 'string' &&
    isObject(task) &&
    ['classify', 'embed'].includes(task.kind) &&
    ['jsonl', 'parquet', 'npy'].includes(format!) &&
    isObject(model) &&
    isArrayOf(model.probe, Number.isFinite) &&
    isObject(flags) &&
    isArrayOf(listed, (name) => typeof name === 'string') &&
    typeof root === 'string'
  if (!isRight) throw new FormatError(`${path} is no job of vitrine batch, or is damaged.`)
  checkManifest(manifest, path)
  return job as Job
}

/** The checksum of what decides the bytes of results; records of another job are not taken. */
export const fingerprint = ({ task, format, model, manifest }: Job): string =>
  createHash('sha256')
    .update(JSON.stringify([task, format, model, manifest.sha256, manifest.shards.length]))
    .digest('hex')
