import type { CheckpointInput, OpenOptions } from '../checkpoint/checkpoint.ts'
import type { Beside } from '../checkpoint/description.ts'
import type { ByteSource } from '../checkpoint/source/source.ts'
import { obtain, peek, useObtained } from './obtain.ts'
import { resolveName } from './resolve.ts'
import { type HubOptions, resolveSettings } from './settings.ts'

export interface PublishedOptions extends OpenOptions {
  hub?: HubOptions | undefined
}

/**
 * Reads a published checkpoint, during its download if it is not cached. It is stored in the cache once it
 * was read, which validates it, and is complete.
 * @param name see resolveName
 * @param use receives the file, and where to find metadata besides its tensors
 * @param discard frees the result if the file turns out to be wrong
 * @throws what `use` throws; SourceError where the file can't be fetched or its hash is not the published one
 */
export async function usePublished<T>(
  name: string,
  options: PublishedOptions,
  use: (input: CheckpointInput | ByteSource, beside: Beside) => Promise<T>,
  discard?: (made: T) => void,
): Promise<T> {
  const { signal, onProgress } = options
  const settings = resolveSettings(options.hub)
  const { where, beside } = await resolveName(name, settings, options)
  if ('path' in where) return use(where.path, beside)
  const file = await obtain(where.remote, settings, { signal, onProgress })
  return useObtained(file, (source) => use(source, beside), discard)
}

/**
 * Opens a published checkpoint to read parts of it: from the cache, else by range requests, without caching.
 */
export async function openPublished(
  name: string,
  options: PublishedOptions = {},
): Promise<{ input: CheckpointInput | ByteSource; beside: Beside }> {
  const settings = resolveSettings(options.hub)
  const { where, beside } = await resolveName(name, settings, { ...options, peeks: true })
  if ('path' in where) return { input: where.path, beside }
  return { input: await peek(where.remote, settings, options.signal), beside }
}
