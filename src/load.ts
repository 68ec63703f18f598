import { type Backend, dtypes } from './backends/backend.ts'
import type { TfjsOptions } from './backends/tfjs/tfjs.ts'
import type { WasmOptions } from './backends/wasm/wasm.ts'
import type { CheckpointInput, OpenOptions } from './checkpoint/checkpoint.ts'
import { loadWeights } from './checkpoint/load.ts'
import { openCheckpoint } from './checkpoint/open.ts'
import { planCheckpoint } from './checkpoint/plan.ts'
import { type Resample, resamples } from './checkpoint/position.ts'
import { ArgumentError, UnsupportedError } from './errors.ts'
import type { Recipe, RecipeName } from './image/preprocess/recipes.ts'
import { resolveRecipe } from './image/preprocess/resolve-recipe.ts'
import { checkConfigFields, type ViTConfig } from './models/config.ts'
import { vitProgram } from './models/families/vit.ts'
import { chooseLabels } from './models/labels.ts'
import { variantStructure } from './models/variants.ts'
import { ViT } from './vit.ts'

const backendNames = ['wasm', 'tfjs', 'reference'] as const

export type BackendName = (typeof backendNames)[number]

export interface LoadOptions extends OpenOptions, WasmOptions {
  /** The published variant that the checkpoint must be, `ViT-B_16`; else its tensors tell. */
  variant?: string | undefined
  /** What the tensors do not tell, or what is wanted otherwise; see ViTConfig. */
  config?: Partial<ViTConfig> | undefined
  /**
   * `wasm` unless said otherwise; `tfjs` is TensorFlow.js, which the program has or has installed;
   * `reference` is float64 in plain TypeScript, slow and exact.
   */
  backend?: BackendName | undefined
  /** For `tfjs`: the namespace, and which backend of it. */
  tfjs?: TfjsOptions | undefined
  /** A recipe's name or a recipe of your own; else what the checkpoint's publisher uses. */
  preprocess?: RecipeName | Recipe | undefined
  /** Another input size than the checkpoint's, in pixels: the position embeddings are resized. */
  imageSize?: number | readonly [height: number, width: number] | undefined
  /** The rule by which they are resized; the official one unless said otherwise. */
  resample?: Resample | undefined
  /** Class names in the order of the logits. ImageNet's are known. */
  labels?: readonly string[] | undefined
}

/**
 * Loads a Vision Transformer.
 * @param source a checkpoint (`.npz` or `.safetensors`) as a path, URL, Blob, bytes or stream; the
 *   embedded ViT-Ti/16 for ImageNet where there is none
 * @throws FormatError, UnsupportedError, LimitError, SourceError for files that can't be read;
 *   CheckpointError naming every tensor that does not fit; MemoryError; the signal's reason
 */
export async function load(source?: CheckpointInput, options: LoadOptions = {}): Promise<ViT> {
  const { signal, onProgress } = options
  checkOptions(options)
  const backendReady = chooseBackend(options)
  // The file is waited for first; an error of the backend must not go unhandled meanwhile.
  backendReady.catch(() => {})
  const file = await openCheckpoint(source ?? (await embeddedModel()), options)
  try {
    const { resample } = options
    const plan = planCheckpoint(file, overridesOf(options), resample ? { resample } : {})
    const program = vitProgram(plan.config)
    const labels = await chooseLabels(plan.config.classes, options.labels)
    const backend = await backendReady
    const model = backend.createModel(program.weights)
    try {
      await loadWeights(file, plan, model, { signal, onProgress })
    } catch (error) {
      model.dispose()
      throw error
    }
    const recipe = options.preprocess ?? plan.recipe
    return new ViT({ config: plan.config, backend, model, program, recipe, labels })
  } finally {
    await file.close()
  }
}

async function embeddedModel(): Promise<URL> {
  return (await import('./embedded/model.ts')).model
}

async function chooseBackend(options: LoadOptions): Promise<Backend> {
  switch (options.backend) {
    case 'reference':
      return (await import('./backends/reference/reference.ts')).referenceBackend
    case 'tfjs':
      return (await import('./backends/tfjs/tfjs.ts')).createTfjsBackend(options.tfjs)
    default:
      return (await import('./backends/wasm/wasm.ts')).createWasmBackend(options)
  }
}

function checkOptions({ backend, dtype, preprocess, resample }: LoadOptions): void {
  if (resample !== undefined && !resamples.includes(resample)) {
    const known = resamples.join(', ')
    throw new ArgumentError(`There is no resample ${JSON.stringify(resample)}; there are ${known}.`)
  }
  if (backend !== undefined && !backendNames.includes(backend)) {
    throw new UnsupportedError(
      `There is no backend ${backend}; there are ${backendNames.join(', ')}.`,
    )
  }
  if (dtype !== undefined && !dtypes.includes(dtype)) {
    throw new UnsupportedError(`There is no dtype ${dtype}; there are ${dtypes.join(', ')}.`)
  }
  if (backend === 'reference' && dtype !== undefined && dtype !== 'f32') {
    throw new UnsupportedError(`The reference backend computes in float64 only, not in ${dtype}.`)
  }
  if (backend === 'tfjs' && dtype !== undefined && dtype !== 'f32') {
    throw new UnsupportedError(`TensorFlow.js computes in f32 only, not in ${dtype}.`)
  }
  if (preprocess !== undefined) resolveRecipe(preprocess)
}

function overridesOf({ variant, config, imageSize }: LoadOptions): Partial<ViTConfig> {
  const size = typeof imageSize === 'number' ? ([imageSize, imageSize] as const) : imageSize
  if (size && config?.imageSize) {
    throw new ArgumentError('imageSize is given twice, as an option and in config.')
  }
  const overrides = {
    ...(variant && variantStructure(variant)),
    ...(size && { imageSize: size }),
    ...config,
  }
  checkConfigFields(overrides)
  return overrides
}
