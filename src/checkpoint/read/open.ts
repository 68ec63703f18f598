import { ArgumentError, FormatError } from '../../errors.ts'
import type { CheckpointFile, CheckpointInput, OpenOptions } from '../checkpoint.ts'
import { type Neighbours, neighboursOf } from '../source/neighbours.ts'
import { openSource } from '../source/open.ts'
import { type ByteSource, readBeginning } from '../source/source.ts'
import { tensorBytes } from './dtype.ts'
import { maxHeaderBytes } from './safetensors/header.ts'
import { openSafetensors } from './safetensors/read.ts'
import { maxIndexBytes, parseShardIndex, refuseShard } from './safetensors/shard-index.ts'
import { withScales } from './scales.ts'
import { plainJSON, sniff, sniffBytes, sniffZip, sniffZipBytes, strangerMessage } from './sniff.ts'

/** Largest sum of uncompressed tensor bytes that is accepted unless told otherwise: 8 GiB. */
export const defaultMaxBytes = 8 * 2 ** 30

/**
 * Opens a checkpoint and reads its headers; the tensors are read when asked for. Which format it is
 * shows in the bytes, whatever the name says. Of a URL only the ranges that are needed are fetched,
 * where the server can do that. A stream of safetensors is read forward, each tensor once; one of
 * npz, whose directory is at the end, is kept in memory. An index of safetensors in several files
 * (`model.safetensors.index.json`) opens them all as one.
 * @param neighbours where the files of an index are; beside the input, unless given
 * @throws FormatError for files that are broken or of another format (the message says which),
 *   UnsupportedError for element types and compressions that are not read, LimitError for files
 *   that declare more than `maxBytes`, SourceError where the bytes can't be had
 */
export async function openCheckpoint(
  input: CheckpointInput | ByteSource,
  options: OpenOptions = {},
  neighbours?: Neighbours,
): Promise<CheckpointFile> {
  const maxBytes = options.maxBytes ?? defaultMaxBytes
  if (!(maxBytes >= 0)) throw new ArgumentError(`maxBytes must be 0 or more, not ${maxBytes}.`)
  const limit = maxBytes + maxHeaderBytes
  const beside = neighbours ?? neighboursOf(input as CheckpointInput, { limit })
  const source = await openSource(input, limit, options.signal)
  const stored = await openFormat(source, maxBytes, options, beside).catch(async (error) => {
    await source.close()
    throw error
  })
  try {
    const file = withScales(stored)
    const total = [...file.tensors.values()].reduce((sum, info) => sum + tensorBytes(info), 0)
    options.onProgress?.({ phase: 'open', loaded: 0, total })
    return file
  } catch (error) {
    await stored.close()
    throw error
  }
}

async function openFormat(
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
    // Most checkpoints are safetensors.
    return (await import('./npz/npz.ts')).openNpz(source, maxBytes, options)
  }
  if (format === 'json') return openIndex(source, maxBytes, options, neighbours)
  if (format !== 'safetensors') throw new FormatError(strangerMessage(format, source.name))
  refuseShard(source.name)
  return openSafetensors(source, maxBytes, options)
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
