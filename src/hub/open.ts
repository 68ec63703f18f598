import type { CheckpointInput, OpenOptions } from '../checkpoint/checkpoint.ts'
import type { Beside } from '../checkpoint/description.ts'
import type { ByteSource } from '../checkpoint/source/source.ts'
import { obtain, peek, useObtained } from './obtain.ts'
import { checkFamily, resolveName } from './resolve.ts'
import { type HubOptions, resolveSettings } from './settings.ts'

export interface PublishedOptions extends OpenOptions {
  hub?: HubOptions | undefined
}

/**
 * Reads a published checkpoint: while it is downloaded, if it is not in the cache. It is kept there
 * once it was read, which has checked it, and has come whole.
 * @param name see resolveName
 * @param use is given the file, and where to look for what is known of it beside its tensors
 * @param discard frees what was made of a file that turned out to be wrong
 * @throws what `use` throws; SourceError where the file can't be had, or is another than its publisher
 *   says; UnsupportedError for families that are not run yet
 */
export async function usePublished<T>(
  name: string,
  options: PublishedOptions,
  use: (input: CheckpointInput | ByteSource, beside: Beside) => Promise<T>,
  discard?: (made: T) => void,
): Promise<T> {
  const { signal, onProgress } = options
  const settings = resolveSettings(options.hub)
  const resolved = await resolveName(name, settings, options)
  checkFamily(resolved, name)
  const { where, beside } = resolved
  if ('path' in where) return use(where.path, beside)
  const file = await obtain(where.remote, settings, { signal, onProgress })
  return useObtained(file, (source) => use(source, beside), discard)
}

/**
 * The same for who looks at some of it: a file that is not in the cache is read where it is, range by
 * range, and not kept.
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
