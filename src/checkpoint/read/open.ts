import { ArgumentError } from '../../errors.ts'
import type { CheckpointFile, CheckpointInput, OpenOptions } from '../checkpoint.ts'
import type { Neighbours } from '../source/neighbours.ts'
import { openSource } from '../source/open.ts'
import { type ByteSource, readBeginning } from '../source/source.ts'
import { tensorBytes } from './dtype.ts'
import { beginsSafetensors, maxHeaderBytes } from './safetensors/header.ts'
import { openSafetensors } from './safetensors/read.ts'
import { withScales } from './scales.ts'

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
  const source = await openSource(input, limit, options.signal)
  const stored = await openFormat().catch(async (error) => {
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

  async function openFormat(): Promise<CheckpointFile> {
    if (!beginsSafetensors(await readBeginning(source, 9, options.signal))) {
      // Most checkpoints are safetensors.
      const { openOther } = await import('./other.ts')
      return openOther(input, source, maxBytes, options, neighbours)
    }
    if (isShard.test(source.name)) {
      const { refuseShard } = await import('./safetensors/shard-index.ts')
      refuseShard(source.name)
    }
    return openSafetensors(source, maxBytes, options)
  }
}

/** The name of one of several files that make a checkpoint together. */
const isShard = /-\d{5}-of-\d{5}\.safetensors/
