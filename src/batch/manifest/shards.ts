import { FormatError } from '../../errors.ts'
import { isArrayOf } from '../../fields.ts'

/** A shard: successive lines of the manifest's file. */
export interface Shard {
  /** Where its lines begin, in bytes. */
  readonly offset: number
  readonly bytes: number
  readonly images: number
  /** Of its lines, in hexadecimal. */
  readonly sha256: string
}

/** What a job knows of its manifest. */
export interface Manifest {
  /** The name of its file. */
  readonly file: string
  /** Of the whole file, in hexadecimal. */
  readonly sha256: string
  readonly images: number
  readonly shards: readonly Shard[]
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0

const isShard = (value: unknown): boolean => {
  const { offset, bytes, images, sha256 } = (value ?? {}) as Partial<Shard>
  return isCount(offset) && isCount(bytes) && isCount(images) && typeof sha256 === 'string'
}

/** @throws FormatError naming the file that has it */
export function checkManifest(value: unknown, place: string): Manifest {
  const { file, sha256, images, shards } = (value ?? {}) as Partial<Manifest>
  if (
    typeof file === 'string' &&
    typeof sha256 === 'string' &&
    isCount(images) &&
    isArrayOf(shards, isShard) &&
    shards.length > 0
  ) {
    return value as Manifest
  }
  throw new FormatError(`${place} does not describe a manifest; the file is damaged.`)
}
