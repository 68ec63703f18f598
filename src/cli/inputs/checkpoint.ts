import type { CheckpointFile, CheckpointInput } from '../../checkpoint/checkpoint.ts'
import type { Beside, Description } from '../../checkpoint/description.ts'
import type { ByteSource } from '../../checkpoint/source/source.ts'
import type { PublishedOptions } from '../../hub/open.ts'
import type { LoadOptions } from '../../load.ts'
import { type ConfigFlags, configOf } from '../options/model.ts'
import { type RecipeFlags, recipeOf } from '../options/recipe.ts'
import { note } from '../output.ts'
import { withProgress } from '../view/progress.ts'

type Input = CheckpointInput | ByteSource

/** Opens a checkpoint argument to inspect it: of a published checkpoint, only parts are fetched. */
export async function peekInput(
  source: string,
  signal: AbortSignal,
): Promise<{ input: Input; beside: Beside }> {
  const name = await nameOf(source)
  if (name === undefined) return localInput(source)
  return (await import('../../hub/open.ts')).openPublished(name, {
    signal,
    hub: { onNotice: note },
  })
}

/** Opens a checkpoint argument to read all of it. A published one is downloaded and stays cached. */
export async function readInput<T>(
  source: string,
  signal: AbortSignal,
  use: (input: Input, beside: Beside) => Promise<T>,
): Promise<T> {
  const name = await nameOf(source)
  if (name === undefined) {
    const { input, beside } = await localInput(source)
    return use(input, beside)
  }
  const { usePublished } = await import('../../hub/open.ts')
  const options: PublishedOptions = { signal, hub: { onNotice: note } }
  return withProgress((onProgress) => usePublished(name, { ...options, onProgress }, use))
}

const nameOf = async (source: string) =>
  (await import('../../hub/published-name.ts')).publishedName(source)

async function localInput(source: string): Promise<{ input: Input; beside: Beside }> {
  const [{ findInFolder }, { neighboursOf }] = await Promise.all([
    import('../../checkpoint/source/folder.ts'),
    import('../../checkpoint/source/neighbours.ts'),
  ])
  const input = (await findInFolder(source)) ?? source
  return { input, beside: { neighbours: neighboursOf(input, { notice: note }) } }
}

/** What an open checkpoint says beside its tensors, for what the flags leave open. */
export async function describeInput(
  file: CheckpointFile,
  { neighbours, description }: Beside,
  flags: ConfigFlags & RecipeFlags,
  labels: LoadOptions['labels'],
  signal: AbortSignal,
): Promise<Description> {
  const { describeCheckpoint } = await import('../../families/describe.ts')
  return describeCheckpoint(
    file,
    { neighbours: flags.neighbours ? neighbours : undefined, description },
    { config: configOf(flags), preprocess: recipeOf(flags), labels, prefix: flags.prefix },
    { signal, notice: note },
  )
}
