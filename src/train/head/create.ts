import { readOptions } from '../../check-fields.ts'
import type { CheckpointInput } from '../../checkpoint/checkpoint.ts'
import { ArgumentError, UnsupportedError } from '../../errors.ts'
import type { AnyConfig } from '../../families/architectures.ts'
import { load } from '../../load.ts'
import type { LoadOptions } from '../../load-options.ts'
import type { ImageModel } from '../../model/image-model.ts'
import { Examples } from './examples.ts'
import { HeadTrainer } from './head-trainer.ts'
import { type HeadTrainerOptions, headTrainerFields } from './options.ts'
import { requireOrigin } from './origin.ts'
import { decodeProject } from './project.ts'

/**
 * Loads a model to train a head for.
 * @param source a checkpoint, as for `load`, but no stream, since it is read again when the model is exported; the
 *   ViT-Ti/16 that comes with the package if undefined
 * @throws what `load` throws; UnsupportedError for models without one feature for each picture; FormatError for a
 *   project that can't be read, ArgumentError for one of another model
 */
export async function createHeadTrainer(
  source?: CheckpointInput,
  given: HeadTrainerOptions = {},
): Promise<HeadTrainer> {
  const options = readOptions<HeadTrainerOptions>('createHeadTrainer', headTrainerFields, given)
  if (isStream(source)) {
    throw new ArgumentError(
      'A stream can be read only once, and export() reads the checkpoint again: give its bytes, a Blob, a path or a URL.',
    )
  }
  const { signal, validation = 0.1, labels = [], onProgress } = options
  if (options.project !== undefined && options.labels) {
    throw new ArgumentError('A project has its classes; leave out labels.')
  }
  const loading: LoadOptions = { ...options.load, config: headless(options.load) }
  const model = await load(source, { ...loading, signal, onProgress })
  try {
    requireOneFeature(model)
    const kept = options.project === undefined ? undefined : await decodeProject(options.project)
    if (kept) await requireOrigin(model, kept.origin)
    const examples = kept?.examples ?? new Examples(labels)
    const backbone = { source, load: loading, preprocess: model.preprocess }
    return new HeadTrainer({ backbone, model, examples, head: kept?.head, validation })
  } catch (error) {
    model.dispose()
    throw error
  }
}

/** A new head is on what the encoder makes, as the release does it. */
const headless = (load: HeadTrainerOptions['load']): LoadOptions['config'] =>
  ({ ...load?.config, classes: 0 }) as LoadOptions['config']

const isStream = (source: unknown) =>
  typeof source === 'object' &&
  source !== null &&
  (Symbol.asyncIterator in source || 'getReader' in source)

function requireOneFeature({ config }: ImageModel<AnyConfig>): void {
  if ('embedding' in config) {
    throw new UnsupportedError(
      'A head is trained on models of images; this is one of images and texts.',
    )
  }
  if ('classifier' in config && /unpooled/.test(config.classifier)) {
    throw new UnsupportedError(
      "This model has features for every token, not for a picture: load it with config.classifier 'gap', or 'token'.",
    )
  }
}
