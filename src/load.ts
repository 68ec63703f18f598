import { type Backend, dtypes, type Refill } from './backends/backend.ts'
import type { TfjsOptions } from './backends/tfjs/tfjs.ts'
import type { WasmOptions } from './backends/wasm/wasm.ts'
import type { WebgpuOptions } from './backends/webgpu/options.ts'
import type { CheckpointInput, OpenOptions } from './checkpoint/checkpoint.ts'
import { loadWeights } from './checkpoint/load.ts'
import { openCheckpoint } from './checkpoint/open.ts'
import { type CheckpointPlan, planCheckpoint } from './checkpoint/plan.ts'
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
import { withOutputs } from './program/passes/outputs.ts'
import { withoutUnusedRows } from './program/passes/rows.ts'
import type { Program } from './program/program.ts'
import { ViT } from './vit.ts'

const backendNames = ['wasm', 'webgpu', 'auto', 'tfjs', 'reference'] as const

export type BackendName = (typeof backendNames)[number]

export interface LoadOptions extends OpenOptions, WasmOptions {
  /** The published variant that the checkpoint must be, `ViT-B_16`; else its tensors tell. */
  variant?: string | undefined
  /** What the tensors do not tell, or what is wanted otherwise; see ViTConfig. */
  config?: Partial<ViTConfig> | undefined
  /**
   * `wasm` unless said otherwise. `webgpu` has kernels for GPUs, `auto` is what is faster of both here,
   * and says why in `vit.backend`; without a GPU they are `wasm`. `tfjs` is TensorFlow.js, which the
   * program has or has installed; `reference` is float64 in plain TypeScript, slow and exact.
   */
  backend?: BackendName | undefined
  /** For `webgpu` and `auto`. */
  webgpu?: WebgpuOptions | undefined
  /** For `tfjs`: the namespace, and which backend of it. */
  tfjs?: TfjsOptions | undefined
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
  const { hub, maxBytes } = options
  const again = (use: Use) => usePublished(name, { hub, maxBytes }, use)
  const loadPublished = (input: Input, told: Told) => loadFile(input, options, told, again)
  return usePublished(name, options, loadPublished, (vit) => vit.dispose())
}

type Input = CheckpointInput | ByteSource
type Use = (input: Input) => Promise<void>

/**
 * @param told what is known beside the tensors
 * @param again opens the source once more
 */
async function loadFile(
  source: Input,
  options: LoadOptions,
  told: Told = {},
  again = reopening(source),
): Promise<ViT> {
  const { signal, onProgress } = options
  // `auto` has to know the program; everything else starts while the file is waited for.
  const early = options.backend === 'auto' ? undefined : chooseBackend(options)
  // The file comes first; an error of the backend must not go unhandled meanwhile.
  early?.catch(() => {})
  try {
    const file = await openCheckpoint(source, options)
    try {
      const { resample } = options
      const overrides = overridesOf(options, told.config)
      const plan = planCheckpoint(file, overrides, resample ? { resample } : {})
      const program = vitProgram(plan.config)
      const labels = await chooseLabels(plan.config.classes, options.labels, told.labels)
      const main = mainProgram(program)
      const backend = await (early ?? chooseFor(main, options))
      const model = backend.createModel(program.weights, again && refill(again, options, plan))
      model.prepare?.(main)
      const recipe = options.preprocess ?? told.preprocess ?? plan.recipe
      const vit = new ViT({ config: plan.config, backend, model, program, recipe, labels })
      try {
        await loadWeights(file, plan, model, { signal, onProgress })
      } catch (error) {
        vit.dispose()
        throw error
      }
      return vit
    } finally {
      await file.close()
    }
  } catch (error) {
    early?.then((backend) => backend.dispose?.()).catch(() => {})
    throw error
  }
}

/** Undefined for streams, which are read once. */
function reopening(source: Input): ((use: Use) => Promise<void>) | undefined {
  const isStream =
    typeof source === 'object' &&
    source !== null &&
    (Symbol.asyncIterator in source || 'getReader' in source)
  return isStream ? undefined : (use) => use(source)
}

/** Reads the weights once more, for a device that was lost. */
function refill(
  again: (use: Use) => Promise<void>,
  { maxBytes }: OpenOptions,
  plan: CheckpointPlan,
): Refill {
  return (sink) =>
    again(async (source) => {
      const file = await openCheckpoint(source, { maxBytes })
      try {
        await loadWeights(file, plan, sink)
      } finally {
        await file.close()
      }
    })
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
    case 'webgpu':
      return (await import('./backends/choose.ts')).gpuOrWasm(options)
    default:
      return (await import('./backends/wasm/wasm.ts')).createWasmBackend(options)
  }
}

/** What most calls run: the way to the logits, or to the features where there are none. */
function mainProgram(program: Program): Program {
  const name = program.outputs.logits === undefined ? 'features' : 'logits'
  return withoutUnusedRows(withOutputs(program, [name]))
}

async function chooseFor(program: Program, options: LoadOptions): Promise<Backend> {
  return (await import('./backends/choose.ts')).fasterOf(program, options)
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
