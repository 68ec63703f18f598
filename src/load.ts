import { type Backend, dtypes } from './backends/backend.ts'
import type { WasmOptions } from './backends/wasm/wasm.ts'
import type { CheckpointInput, OpenOptions } from './checkpoint/checkpoint.ts'
import { loadWeights } from './checkpoint/load.ts'
import { openCheckpoint } from './checkpoint/open.ts'
import { planCheckpoint } from './checkpoint/plan.ts'
import { type Resample, resamples } from './checkpoint/position.ts'
import type { ByteSource } from './checkpoint/source/source.ts'
import { ArgumentError, UnsupportedError } from './errors.ts'
import { publishedName } from './hub/published-name.ts'
import type { HubOptions } from './hub/settings.ts'
import type { Told } from './hub/told.ts'
import type { Recipe, RecipeName } from './image/preprocess/recipes.ts'
import { resolveRecipe } from './image/preprocess/resolve-recipe.ts'
import { checkConfigFields, type ViTConfig } from './models/config.ts'
import { vitProgram } from './models/families/vit.ts'
import { chooseLabels, type LabelSet } from './models/labels.ts'
import { variantStructure } from './models/variants.ts'
import { ViT } from './vit.ts'

export interface LoadOptions extends OpenOptions, WasmOptions {
  /** The published variant that the checkpoint must be, `ViT-B_16`; else its tensors tell. */
  variant?: string | undefined
  /** What the tensors do not tell, or what is wanted otherwise; see ViTConfig. */
  config?: Partial<ViTConfig> | undefined
  /** `wasm` unless said otherwise; `reference` is float64 in plain TypeScript, slow and exact. */
  backend?: 'wasm' | 'reference' | undefined
  /** A recipe's name or a recipe of your own; else what the checkpoint's publisher uses. */
  preprocess?: RecipeName | Recipe | undefined
  /** Another input size than the checkpoint's, in pixels: the position embeddings are resized. */
  imageSize?: number | readonly [height: number, width: number] | undefined
  /** The rule by which they are resized; the official one unless said otherwise. */
  resample?: Resample | undefined
  /** Class names in the order of the logits, or the data set whose names are known; ImageNet's are found. */
  labels?: readonly string[] | LabelSet | undefined
  /** Where published checkpoints come from, and where they are kept. */
  hub?: HubOptions | undefined
}

/**
 * Loads a Vision Transformer.
 * @param source a checkpoint (`.npz` or `.safetensors`) as a path, URL, Blob, bytes or stream; the name
 *   of a published one (`B_16`, `hf:org/name`), where there is no file of that name; the embedded
 *   ViT-Ti/16 for ImageNet where there is none
 * @throws FormatError, UnsupportedError, LimitError, SourceError for files that can't be read;
 *   CheckpointError naming every tensor that does not fit; MemoryError; the signal's reason
 */
export async function load(source?: CheckpointInput, options: LoadOptions = {}): Promise<ViT> {
  checkOptions(options)
  if (source === undefined) return loadFile(await embeddedModel(), options)
  const name = await publishedName(source)
  if (name === undefined) return loadFile(source, options)
  const { usePublished } = await import('./hub/open.ts')
  const loadPublished = (input: CheckpointInput | ByteSource, told: Told) =>
    loadFile(input, options, told)
  return usePublished(name, options, loadPublished, (vit) => vit.dispose())
}

async function loadFile(
  source: CheckpointInput | ByteSource,
  options: LoadOptions,
  told: Told = {},
): Promise<ViT> {
  const { signal, onProgress } = options
  const backendReady = chooseBackend(options)
  // The file is waited for first; an error of the backend must not go unhandled meanwhile.
  backendReady.catch(() => {})
  const file = await openCheckpoint(source, options)
  try {
    const { resample } = options
    const overrides = overridesOf(options, told.config)
    const plan = planCheckpoint(file, overrides, resample ? { resample } : {})
    const program = vitProgram(plan.config)
    const labels = await chooseLabels(plan.config.classes, options.labels, told.labels)
    const backend = await backendReady
    const model = backend.createModel(program.weights)
    try {
      await loadWeights(file, plan, model, { signal, onProgress })
    } catch (error) {
      model.dispose()
      throw error
    }
    const recipe = options.preprocess ?? told.preprocess ?? plan.recipe
    return new ViT({ config: plan.config, backend, model, program, recipe, labels })
  } finally {
    await file.close()
  }
}

async function embeddedModel(): Promise<URL> {
  return (await import('./embedded/model.ts')).model
}

async function chooseBackend(options: LoadOptions): Promise<Backend> {
  if (options.backend === 'reference') {
    return (await import('./backends/reference/reference.ts')).referenceBackend
  }
  return (await import('./backends/wasm/wasm.ts')).createWasmBackend(options)
}

function checkOptions({ backend, dtype, preprocess, resample }: LoadOptions): void {
  if (resample !== undefined && !resamples.includes(resample)) {
    const known = resamples.join(', ')
    throw new ArgumentError(`There is no resample ${JSON.stringify(resample)}; there are ${known}.`)
  }
  if (backend !== undefined && backend !== 'wasm' && backend !== 'reference') {
    throw new UnsupportedError(`There is no backend ${backend}; there are wasm and reference.`)
  }
  if (dtype !== undefined && !dtypes.includes(dtype)) {
    throw new UnsupportedError(`There is no dtype ${dtype}; there are ${dtypes.join(', ')}.`)
  }
  if (backend === 'reference' && dtype !== undefined && dtype !== 'f32') {
    throw new UnsupportedError(`The reference backend computes in float64 only, not in ${dtype}.`)
  }
  if (preprocess !== undefined) resolveRecipe(preprocess)
}

/** @param told goes behind what the caller says */
function overridesOf(
  { variant, config, imageSize }: LoadOptions,
  told: Partial<ViTConfig> = {},
): Partial<ViTConfig> {
  const size = typeof imageSize === 'number' ? ([imageSize, imageSize] as const) : imageSize
  if (size && config?.imageSize) {
    throw new ArgumentError('imageSize is given twice, as an option and in config.')
  }
  const overrides = {
    ...told,
    ...(variant && variantStructure(variant)),
    ...(size && { imageSize: size }),
    ...config,
  }
  checkConfigFields(overrides)
  return overrides
}
