import type { AnyConfig } from '../../families/architectures.ts'
import type { ImageModel } from '../../model/image-model.ts'
import { withProgress } from '../view/progress.ts'
import { readLabels } from './labels.ts'
import { loadOptionsOf, type ModelFlags } from './model.ts'

/** The flags of how served models run, as commander parses them. */
export interface ServedModelFlags extends Omit<ModelFlags, 'weights' | 'variant'> {
  vocabulary?: string
}

export interface NamedModel {
  readonly name: string
  /** A file, a folder, a URL or a published name; undefined for the model of this package. */
  readonly checkpoint: string | undefined
}

type Loading = Promise<ImageModel<AnyConfig>>

/** Loads models one after the other, since each takes all cores and shows its progress. */
export function loadAll(
  models: readonly NamedModel[],
  flags: ServedModelFlags,
  signal: AbortSignal,
): { readonly sources: Readonly<Record<string, Loading>>; dispose(): void } {
  let before: Promise<unknown> = Promise.resolve()
  const sources: Record<string, Loading> = {}
  for (const { name, checkpoint } of models) {
    const loading = before.then(() => loadOne(checkpoint, flags, signal))
    loading.catch(() => {})
    sources[name] = loading
    before = loading
  }
  const dispose = () => {
    for (const loading of Object.values(sources)) {
      loading.then(
        (model) => model.dispose(),
        () => {},
      )
    }
  }
  return { sources, dispose }
}

async function loadOne(
  checkpoint: string | undefined,
  flags: ServedModelFlags,
  signal: AbortSignal,
): Loading {
  const [{ loadAny }, labels] = await Promise.all([
    import('../../text/load-image-text.ts'),
    readLabels(flags),
  ])
  const { vocabulary } = flags
  const options = {
    ...loadOptionsOf(flags, signal),
    labels,
    ...(vocabulary !== undefined && { vocabulary }),
    // This thread answers requests.
    blocking: false,
    offThread: true,
  }
  return withProgress((onProgress) => loadAny(checkpoint, { ...options, onProgress }))
}
