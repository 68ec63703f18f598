import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Dtype, dtypes } from '../../backends/backend.ts'
import { ArgumentError } from '../../errors.ts'
import type { AnyConfig } from '../../families/architectures.ts'
import { familyOfVariant } from '../../families/published.ts'
import type { BackendName, LoadOptions } from '../../load.ts'
import type { ImageModel } from '../../model/image-model.ts'
import type { Merge } from '../../model/token-merging.ts'
import { note } from '../output.ts'
import { withProgress } from '../view/progress.ts'
import { type LabelFlags, readLabels } from './labels.ts'
import { type RecipeFlags, recipeOf, withRecipeOptions } from './recipe.ts'
import { parseConfig, parseCount, parseImageSize, parseMerge } from './values.ts'

/** The flags that choose a model and how it runs, as commander parses them. */
export interface ModelFlags extends ConfigFlags, RecipeFlags, LabelFlags {
  weights?: string
  variant?: string
  dtype: Dtype
  backend: BackendName
  wide: boolean
  threads?: number
  merge?: Merge
}

/** The flags that change a checkpoint's config. */
export interface ConfigFlags {
  config?: Partial<AnyConfig>
  imageSize?: readonly [height: number, width: number]
  neighbours: boolean
  prefix?: string
}

/** Adds the flags of commands that run a model. */
export function withModelOptions(command: Command): Command {
  command.option(
    '--weights <file>',
    'checkpoint: a file, a folder, a URL, or a published name (see vitrine models)',
  )
  return withComputeOptions(withVariantOption(command))
}

export const withVariantOption = (command: Command): Command =>
  command.option(
    '--variant <name>',
    'the variant that the checkpoint must have, such as ViT-B_16',
    parseVariant,
  )

/** Adds the flags of how a model runs, whichever it is. */
export function withComputeOptions(command: Command): Command {
  withConfigOptions(command)
  return withRecipeOptions(command)
    .addOption(
      new Option('--dtype <type>', 'how linear layers compute').choices(dtypes).default('f32'),
    )
    .addOption(
      new Option('--backend <name>', 'what computes (reference: float64, slow)')
        .choices(['wasm', 'webgpu', 'auto', 'tfjs', 'reference'])
        .default('wasm'),
    )
    .option(
      '--threads <n>',
      'threads that compute (default: one per core, at most 8)',
      parseCount(1, 64),
    )
    .option(
      '--merge <n>',
      'merge so many tokens that are alike in each block: faster, less accurate (or auto)',
      parseMerge,
    )
    .option('--no-wide', 'do not use V8’s 256-bit instructions')
}

/** Adds the flags that change a checkpoint's config. */
export function withConfigOptions(command: Command): Command {
  return withCheckpointOptions(command).option(
    '--image-size <pixels>',
    'input size: 224 or HEIGHTxWIDTH; resizes position embeddings',
    parseImageSize,
  )
}

/** Adds the flags of what a checkpoint does not say itself. */
export function withCheckpointOptions(command: Command): Command {
  return command
    .option(
      '--config <key=value>',
      'what the checkpoint does not say, such as heads=3 (repeatable)',
      parseConfig,
    )
    .option(
      '--prefix <prefix>',
      'the prefix of the tensors to read from a file with several models, such as student',
    )
    .option('--no-neighbours', 'do not read config.json and the like beside the checkpoint')
}

/** @throws ArgumentError if the image size is given twice */
export function configOf({ config, imageSize }: ConfigFlags): Partial<AnyConfig> {
  if (imageSize && config?.imageSize) {
    throw new ArgumentError('The image size is given twice, by --image-size and by --config.')
  }
  return { ...config, ...(imageSize && { imageSize }) }
}

/**
 * Loads the model that the flags name, with a progress bar.
 * @param options.blocking whether this thread computes too, and does nothing else meanwhile; true by default. Else workers
 *   compute
 */
export async function loadModel(
  flags: ModelFlags,
  signal: AbortSignal,
  { blocking = true }: { blocking?: boolean } = {},
): Promise<ImageModel<AnyConfig>> {
  const [{ load }, labels] = await Promise.all([import('../../load.ts'), readLabels(flags)])
  const options = { ...loadOptionsOf(flags, signal), labels, blocking, offThread: !blocking }
  return withProgress((onProgress) => load(flags.weights, { ...options, onProgress }))
}

/** The options of `load` that the flags of `withModelOptions` stand for. */
export const loadOptionsOf = (
  flags: Omit<ModelFlags, 'labels'>,
  signal: AbortSignal,
): LoadOptions => ({
  variant: flags.variant,
  config: configOf(flags),
  prefix: flags.prefix,
  preprocess: recipeOf(flags),
  neighbours: flags.neighbours,
  onNotice: note,
  dtype: flags.dtype,
  backend: flags.backend,
  wide: flags.wide ? undefined : false,
  threads: flags.threads,
  merge: flags.merge,
  // This thread has nothing else to do, so it computes too, and one worker fewer is started.
  blocking: true,
  signal,
})

function parseVariant(name: string): string {
  try {
    familyOfVariant(name)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
  return name
}
