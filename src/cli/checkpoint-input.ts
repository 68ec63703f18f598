import type { CheckpointInput } from '../checkpoint/checkpoint.ts'
import type { ByteSource } from '../checkpoint/source/source.ts'
import type { PublishedOptions } from '../hub/open.ts'
import type { Told } from '../hub/told.ts'
import type { ViTConfig } from '../models/config.ts'
import { note } from './output.ts'
import { withProgress } from './progress.ts'

type Input = CheckpointInput | ByteSource

/** What a command was given as a checkpoint, for a look at it: of a published one little is fetched. */
export async function peekInput(
  source: string,
  signal: AbortSignal,
): Promise<{ input: Input; told: Told }> {
  const name = await nameOf(source)
  if (name === undefined) return { input: source, told: {} }
  return (await import('../hub/open.ts')).openPublished(name, { signal, hub: { onNotice: note } })
}

/** The same to be read whole; a published one is downloaded behind a bar, and kept. */
export async function readInput<T>(
  source: string,
  signal: AbortSignal,
  use: (input: Input, told: Told) => Promise<T>,
): Promise<T> {
  const name = await nameOf(source)
  if (name === undefined) return use(source, {})
  const { usePublished } = await import('../hub/open.ts')
  const options: PublishedOptions = { signal, hub: { onNotice: note } }
  return withProgress((onProgress) => usePublished(name, { ...options, onProgress }, use))
}

const nameOf = async (source: string) =>
  (await import('../hub/published-name.ts')).publishedName(source)

/** What is told of a checkpoint, and behind that what the caller wants. */
export const withTold = (told: Told, flags: Partial<ViTConfig>): Partial<ViTConfig> => ({
  ...told.config,
  ...flags,
})
