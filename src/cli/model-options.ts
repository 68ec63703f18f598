import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Dtype, dtypes } from '../backends/backend.ts'
import type { OpenOptions } from '../checkpoint/checkpoint.ts'
import { ArgumentError, SourceError } from '../errors.ts'
import { RECIPES, type RecipeName } from '../image/preprocess/recipes.ts'
import type { BackendName, LoadOptions } from '../load.ts'
import type { ViTConfig } from '../models/config.ts'
import { variantStructure } from '../models/variants.ts'
import type { ViT } from '../vit.ts'
import { parseConfig, parseCount, parseImageSize } from './option-values.ts'
import { note } from './output.ts'
import { withProgress } from './progress.ts'

/** The flags that choose a model and how it runs, as commander hands them over. */
export interface ModelFlags extends ConfigFlags {
  weights?: string
  variant?: string
  preprocess?: RecipeName
  labels?: string
  dtype: Dtype
  backend: BackendName
  wide: boolean
  threads?: number
}

/** The flags that change a checkpoint's config. */
export interface ConfigFlags {
  config?: Partial<ViTConfig>
  imageSize?: readonly [height: number, width: number]
}

/** Adds the flags of every command that runs a model. */
export function withModelOptions(command: Command): Command {
  command.option('--weights <file>', 'checkpoint: a path, a URL, or a name (see vitrine models)')
  command.option('--variant <name>', 'what it must be, such as ViT-B_16', parseVariant)
  withConfigOptions(command)
  return command
    .addOption(
      new Option('--preprocess <name>', 'how pictures become pixels').choices(Object.keys(RECIPES)),
    )
    .addOption(
      new Option('--dtype <type>', 'how linear layers compute').choices(dtypes).default('f32'),
    )
    .addOption(
      new Option('--backend <name>', 'what computes (reference: float64, slow)')
        .choices(['wasm', 'webgpu', 'auto', 'tfjs', 'reference'])
        .default('wasm'),
    )
    .option('--threads <n>', 'how many threads compute (else: cores, 8 at most)', parseCount(1, 64))
    .option('--no-wide', 'leave V8’s 256-bit instructions alone')
}

/** Adds the flags that change a checkpoint's config. */
export function withConfigOptions(command: Command): Command {
  return command
    .option(
      '--config <key=value>',
      'what the checkpoint does not tell, such as heads=3 (repeatable)',
      parseConfig,
    )
    .option('--image-size <pixels>', 'another input size: 224 or HEIGHTxWIDTH', parseImageSize)
}

/** @throws ArgumentError where the image size is given twice */
export function configOf({ config, imageSize }: ConfigFlags): Partial<ViTConfig> {
  if (imageSize && config?.imageSize) {
    throw new ArgumentError('The image size is given twice, by --image-size and by --config.')
  }
  return { ...config, ...(imageSize && { imageSize }) }
}

/** Loads the model that the flags name, behind a progress bar. */
export async function loadModel(flags: ModelFlags, signal: AbortSignal): Promise<ViT> {
  const [{ load }, labels] = await Promise.all([import('../load.ts'), readLabels(flags.labels)])
  const options = (onProgress: OpenOptions['onProgress']): LoadOptions => ({
    variant: flags.variant,
    config: configOf(flags),
    preprocess: flags.preprocess,
    labels,
    hub: { onNotice: note },
    dtype: flags.dtype,
    backend: flags.backend,
    wide: flags.wide ? undefined : false,
    threads: flags.threads,
    // Nothing else wants this thread, and then one worker fewer has to be started.
    blocking: true,
    signal,
    onProgress,
  })
  return withProgress((onProgress) => load(flags.weights, options(onProgress)))
}

function parseVariant(name: string): string {
  try {
    variantStructure(name)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
  return name
}

/** The names in a file, or the data set whose names are meant, where there is no such file. */
async function readLabels(path: string | undefined): Promise<LoadOptions['labels']> {
  if (path === undefined) return undefined
  const { labelSets, parseLabels } = await import('../models/labels.ts')
  const set = labelSets.find((name) => name === path)
  if (set && !existsSync(path)) return set
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new SourceError(`Can't read the labels: ${(cause as Error).message}.`, { cause })
  }
  if (!text.trimStart().startsWith('[')) return parseLabels(text)
  return parseJSONLabels(text, path)
}

function parseJSONLabels(text: string, path: string): readonly string[] {
  let labels: unknown
  try {
    labels = JSON.parse(text)
  } catch (cause) {
    throw new ArgumentError(`${path} begins as a JSON array, but is not JSON.`, { cause })
  }
  if (Array.isArray(labels) && labels.every((label) => typeof label === 'string')) return labels
  throw new ArgumentError(`${path} must hold an array of names, and holds something else.`)
}
