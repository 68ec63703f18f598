import type { Command } from 'commander'
import type { ImageTextModel } from '../../text/image-text-model.ts'
import { UsageError } from '../exit.ts'
import { withProgress } from '../view/progress.ts'
import { loadOptionsOf, type ModelFlags } from './model.ts'

/** The flags that choose a model of images and texts, as commander parses them. */
export interface TextModelFlags extends Omit<ModelFlags, 'labels'> {
  vocabulary?: string
}

/** Adds the flag that only models of texts have. */
export const withVocabularyOption = (command: Command): Command =>
  command.option(
    '--vocabulary <file>',
    'the vocabulary of texts (default: the file beside the checkpoint)',
  )

/**
 * Loads the model of images and texts that the flags name, with a progress bar.
 * @throws UsageError where none is named: the package comes with none
 */
export async function loadTextModel(
  flags: TextModelFlags,
  signal: AbortSignal,
): Promise<ImageTextModel> {
  const { weights, vocabulary } = flags
  if (weights === undefined) {
    throw new UsageError(
      'Texts need a model of images and texts: name one with --weights, such as LiT-B16B_2 (781 MB, downloaded once; see vitrine models lit).',
    )
  }
  const { loadImageText } = await import('../../text/load-image-text.ts')
  const options = {
    ...loadOptionsOf(flags, signal),
    ...(vocabulary !== undefined && { vocabulary }),
  }
  return withProgress((onProgress) => loadImageText(weights, { ...options, onProgress }))
}
