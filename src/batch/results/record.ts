import { createHash } from 'node:crypto'
import { FormatError } from '../../errors.ts'
import { isArrayOf } from '../../fields.ts'

/** An image that has no result, and why. */
export interface FailedImage {
  readonly image: string
  readonly code: string
  readonly message: string
}

/** A file of a shard's results. */
export interface ResultFile {
  /** Below the job's folder. */
  readonly path: string
  /** Its name among the drafts, until it is put in place. */
  readonly draft: string
  readonly bytes: number
  /** Of its bytes, in hexadecimal. */
  readonly sha256: string
}

/**
 * What became of a shard. The first record that is put in place is the shard's; no other can be. Its files are those
 * that count, whoever else wrote some.
 */
export interface ShardRecord {
  readonly shard: number
  /** The fingerprint of the job. */
  readonly job: string
  /** Images that have a result. */
  readonly done: number
  /** All others of the shard. */
  readonly failed: readonly FailedImage[]
  /** Empty where no image has a result. */
  readonly files: readonly ResultFile[]
  /** Who computed it, for people. */
  readonly worker: string
  readonly seconds: number
}

const checksumOf = (record: ShardRecord) =>
  createHash('sha256').update(JSON.stringify(record)).digest('hex')

export const writeRecord = (record: ShardRecord): string =>
  `${JSON.stringify({ record, sha256: checksumOf(record) })}\n`

const isText = (value: unknown) => typeof value === 'string'
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0

const isFailed = (value: unknown) => {
  const { image, code, message } = (value ?? {}) as Partial<FailedImage>
  return [image, code, message].every(isText)
}

const isFile = (value: unknown) => {
  const { path, draft, bytes, sha256 } = (value ?? {}) as Partial<ResultFile>
  return [path, draft, sha256].every(isText) && isCount(bytes)
}

/** @throws FormatError for a file that is truncated or changed */
export function readRecord(text: string, path: string): ShardRecord {
  let parsed: { record?: ShardRecord; sha256?: unknown }
  try {
    parsed = JSON.parse(text) ?? {}
  } catch (cause) {
    throw new FormatError(`${path} is not valid JSON.`, { cause })
  }
  const { record, sha256 } = parsed
  const isRight =
    typeof record === 'object' &&
    record !== null &&
    checksumOf(record) === sha256 &&
    isCount(record.shard) &&
    isCount(record.done) &&
    isArrayOf(record.failed, isFailed) &&
    isArrayOf(record.files, isFile)
  if (isRight) return record
  throw new FormatError(`${path} does not have the checksum that it names; it is damaged.`)
}
