import { ArgumentError, FormatError } from '../errors.ts'
import type { CheckpointFile, CheckpointInput, OpenOptions } from './checkpoint.ts'
import { tensorBytes } from './dtype.ts'
import { openNpz } from './npz/npz.ts'
import { maxHeaderBytes } from './safetensors/header.ts'
import { openSafetensors } from './safetensors/read.ts'
import { withScales } from './scales.ts'
import { sniff, sniffBytes, strangerMessage } from './sniff.ts'
import { openSource } from './source/open.ts'
import { type ByteSource, readBeginning } from './source/source.ts'

/** Largest sum of uncompressed tensor bytes that is accepted unless told otherwise: 8 GiB. */
export const defaultMaxBytes = 8 * 2 ** 30

/**
 * Opens a checkpoint and reads its headers; the tensors are read when asked for. Which format it is
 * shows in the bytes, whatever the name says. Of a URL only the ranges that are needed are fetched,
 * where the server can do that. A stream of safetensors is read forward, each tensor once; one of
 * npz, whose directory is at the end, is kept in memory.
 * @throws FormatError for files that are broken or of another format (the message says which),
 *   UnsupportedError for element types and compressions that are not read, LimitError for files
 *   that declare more than `maxBytes`, SourceError where the bytes can't be had
 */
export async function openCheckpoint(
  input: CheckpointInput | ByteSource,
  options: OpenOptions = {},
): Promise<CheckpointFile> {
  const maxBytes = options.maxBytes ?? defaultMaxBytes
  if (!(maxBytes >= 0)) throw new ArgumentError(`maxBytes must be 0 or more, not ${maxBytes}.`)
  const source = await openSource(input, maxBytes + maxHeaderBytes, options.signal)
  try {
    const file = withScales(await openFormat(source, maxBytes, options))
    const total = [...file.tensors.values()].reduce((sum, info) => sum + tensorBytes(info), 0)
    options.onProgress?.({ phase: 'open', loaded: 0, total })
    return file
  } catch (error) {
    await source.close()
    throw error
  }
}

async function openFormat(
  source: ByteSource,
  maxBytes: number,
  options: OpenOptions,
): Promise<CheckpointFile> {
  const format = sniff(await readBeginning(source, sniffBytes, options.signal))
  if (format === 'npz') return openNpz(source, maxBytes, options)
  if (format === 'safetensors') return openSafetensors(source, maxBytes, options)
  throw new FormatError(strangerMessage(format, source.name))
}
