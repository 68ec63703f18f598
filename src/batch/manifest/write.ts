import { createHash, type Hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { ArgumentError } from '../../errors.ts'
import { shorten } from '../../show.ts'
import { type Entry, entryLine } from './entry.ts'
import type { Manifest, Shard } from './shards.ts'

export interface ManifestOptions {
  /** Images of a shard. */
  readonly shardSize: number
  /** What happens with an image that is listed again: an error, or only the first counts. */
  readonly duplicates: 'refuse' | 'skip'
  readonly signal: AbortSignal
}

/**
 * Writes a manifest, a line for each image in the order in which they are listed, and divides it into shards.
 * @param path of a file that does not exist
 * @returns all but the name that the file will have, and how many images were skipped
 * @throws ArgumentError for an image that is listed twice, and for no image at all
 */
export async function writeManifest(
  path: string,
  entries: AsyncIterable<Entry>,
  { shardSize, duplicates, signal }: ManifestOptions,
): Promise<Omit<Manifest, 'file'> & { skipped: number }> {
  const known = new Set<string>()
  const shards: Shard[] = []
  const whole = createHash('sha256')
  let offset = 0
  let skipped = 0
  let lines: string[] = []
  const file = await open(path, 'wx')
  const endShard = async () => {
    const bytes = new TextEncoder().encode(lines.join(''))
    await file.writeFile(bytes)
    whole.update(bytes)
    const sha256 = hexOf(createHash('sha256').update(bytes))
    shards.push({ offset, bytes: bytes.length, images: lines.length, sha256 })
    offset += bytes.length
    lines = []
  }
  try {
    for await (const entry of entries) {
      signal.throwIfAborted()
      if (known.has(entry.image)) {
        if (duplicates === 'refuse') throw listedTwice(entry.image)
        skipped++
        continue
      }
      known.add(entry.image)
      lines.push(entryLine(entry))
      if (lines.length === shardSize) await endShard()
    }
    if (lines.length > 0) await endShard()
    await file.sync()
  } finally {
    await file.close()
  }
  if (known.size === 0) throw new ArgumentError('The manifest has no images.')
  return { sha256: hexOf(whole), images: known.size, shards, skipped }
}

const hexOf = (hash: Hash) => hash.digest('hex')

const listedTwice = (image: string) =>
  new ArgumentError(
    `${shorten(image)} is listed twice, and results name images. List it once, give each its own "id" in a CSV or JSONL file, or pass --duplicates skip.`,
  )
