import { ArgumentError, FormatError } from '../../errors.ts'
import type { CheckpointFile, CheckpointInput, OpenOptions } from '../checkpoint.ts'
import { type Neighbours, neighboursOf } from '../source/neighbours.ts'
import { type ByteSource, readBeginning } from '../source/source.ts'
import { maxHeaderBytes } from './safetensors/header.ts'
import { maxIndexBytes, parseShardIndex } from './safetensors/shard-index.ts'
import { plainJSON, sniff, sniffBytes, sniffZip, sniffZipBytes, strangerMessage } from './sniff.ts'

/**
 * Opens what is not safetensors: an npz, or an index of safetensors in several files.
 * @param input what the source was opened from
 * @throws FormatError for files of another format, which the message names
 */
export async function openOther(
  input: CheckpointInput | ByteSource,
  source: ByteSource,
  maxBytes: number,
  options: OpenOptions,
  neighbours: Neighbours | undefined,
): Promise<CheckpointFile> {
  const begin = (bytes: number) => readBeginning(source, bytes, options.signal)
  const format = sniff(await begin(sniffBytes))
  if (format === 'npz') {
    const stranger = sniffZip(await begin(sniffZipBytes))
    if (stranger) throw new FormatError(strangerMessage(stranger, source.name))
    return (await import('./npz/npz.ts')).openNpz(source, maxBytes, options)
  }
  if (typeof format !== 'string') throw new FormatError(strangerMessage(format, source.name))
  const limit = maxBytes + maxHeaderBytes
  const beside = neighbours ?? neighboursOf(input as CheckpointInput, { limit })
  return openIndex(source, maxBytes, options, beside)
}

async function openIndex(
  source: ByteSource,
  maxBytes: number,
  options: OpenOptions,
  neighbours: Neighbours | undefined,
): Promise<CheckpointFile> {
  const bytes = await readBeginning(source, maxIndexBytes + 1, options.signal)
  const index = bytes.length > maxIndexBytes ? undefined : parseShardIndex(bytes, source.name)
  if (!index) throw new FormatError(strangerMessage(plainJSON, source.name))
  if (!neighbours) {
    throw new ArgumentError(
      `${source.name} is an index of files that lie beside it, which can't be seen from here; open it by its path or URL.`,
    )
  }
  const { openSharded } = await import('./safetensors/sharded.ts')
  const file = await openSharded(index, source.name, neighbours, maxBytes, options)
  await source.close()
  return file
}
