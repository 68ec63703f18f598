import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { FormatError, SourceError } from '../../errors.ts'
import { type Entry, readEntry } from './entry.ts'
import type { Manifest, Shard } from './shards.ts'

/**
 * The images of one shard, in the manifest's order.
 * @param path of the manifest's file
 * @throws SourceError if it can't be read; FormatError if it is not the one that the job was made with
 */
export async function readShard(path: string, shard: Shard): Promise<Entry[]> {
  const bytes = await readRange(path, shard)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (bytes.length !== shard.bytes || sha256 !== shard.sha256) {
    throw new FormatError(
      `${path} has changed since the job was made: bytes ${shard.offset} to ${shard.offset + shard.bytes} have another checksum. Start the job in a new folder.`,
    )
  }
  const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1)
  return lines.map((line, i) => readEntry(line, `Line ${i + 1} of a shard of ${path}`))
}

/** @throws SourceError if it can't be read; FormatError if the whole file is not the one that the job was made with */
export async function checkManifestFile(
  path: string,
  { sha256 }: Manifest,
  signal: AbortSignal,
): Promise<void> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path, { signal })) hash.update(chunk)
  } catch (cause) {
    signal.throwIfAborted()
    throw new SourceError(`Can't read the manifest: ${(cause as Error).message}.`, { cause })
  }
  if (hash.digest('hex') === sha256) return
  throw new FormatError(
    `${path} has changed since the job was made: it has another checksum. Start the job in a new folder.`,
  )
}

async function readRange(path: string, { offset, bytes }: Shard): Promise<Uint8Array> {
  const refuse = (cause: Error): never => {
    throw new SourceError(`Can't read the manifest: ${cause.message}.`, { cause })
  }
  const file = await open(path).catch(refuse)
  try {
    const buffer = new Uint8Array(bytes)
    let at = 0
    while (at < bytes) {
      const { bytesRead } = await file.read(buffer, at, bytes - at, offset + at).catch(refuse)
      if (bytesRead === 0) break
      at += bytesRead
    }
    return buffer.subarray(0, at)
  } finally {
    await file.close()
  }
}
