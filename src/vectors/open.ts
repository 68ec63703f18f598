import { createHash } from 'node:crypto'
import { access } from 'node:fs/promises'
import { FormatError, SourceError } from '../errors.ts'
import { readBeside } from './beside.ts'
import { formatOf, type VectorFile } from './formats.ts'

/**
 * Opens a file that `embed --out` wrote. Blocks of it are read when they are asked for.
 * @throws ArgumentError for another extension; SourceError if it can't be read; FormatError if nothing says what made it
 */
export async function openVectors(path: string): Promise<VectorFile> {
  const format = formatOf(path)
  await access(path).catch((cause: Error) => {
    throw new SourceError(`Can't read the vectors: ${cause.message}.`, { cause })
  })
  if (format === 'parquet') return (await import('./parquet.ts')).openParquet(path)
  const beside = await readBeside(path)
  const blocksOf =
    format === 'npy'
      ? (await import('./npy.ts')).npyBlocks
      : (await import('./jsonl.ts')).jsonlBlocks
  return {
    record: beside.record,
    async *blocks(signal) {
      const hash = createHash('sha256')
      yield* blocksOf(path, beside, hash, signal)
      if (hash.digest('hex') === beside.sha256) return
      throw new FormatError(
        `${path} has changed since ${path}.json was written, or belongs to another one: make both again.`,
      )
    },
  }
}
