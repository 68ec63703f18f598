import { type Backend, dtypes, type Refill } from './backends/backend.ts'
import type { TfjsOptions } from './backends/tfjs/tfjs.ts'
import type { WasmOptions } from './backends/wasm/wasm.ts'
import type { WebgpuOptions } from './backends/webgpu/options.ts'
import { describeCheckpoint } from './checkpoint/beside/describe.ts'
import type { CheckpointFile, CheckpointInput, OpenOptions } from './checkpoint/checkpoint.ts'
import type { Beside } from './checkpoint/description.ts'
import { loadWeights } from './checkpoint/load.ts'
import { openCheckpoint } from './checkpoint/open.ts'
import { assumptionNotice, type CheckpointPlan, planCheckpoint } from './checkpoint/plan.ts'
import { type Resample, resamples } from './checkpoint/position.ts'
import { findInFolder } from './checkpoint/source/folder.ts'
import { neighboursOf } from './checkpoint/source/neighbours.ts'
import type { ByteSource } from './checkpoint/source/source.ts'
import { ArgumentError, UnsupportedError } from './errors.ts'
import { publishedName } from './hub/published-name.ts'
import type { HubOptions } from './hub/settings.ts'
import type { Recipe, RecipeName } from './image/preprocess/recipes.ts'
import { completeRecipe } from './image/preprocess/resolve-recipe.ts'
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
  /**
   * A recipe's name, or the fields of a recipe that are to differ; else what the file or what lies beside
   * it says, else what the checkpoint's publisher uses.
   */
  preprocess?: RecipeName | Partial<Recipe> | undefined
  /** Another input size than the checkpoint's, in pixels: the position embeddings are resized. */
  imageSize?: number | readonly [height: number, width: number] | undefined
  /** The rule by which they are resized; that of the checkpoint's publisher unless said otherwise. */
  resample?: Resample | undefined
  /** The rows and columns of patches that the file's position embedding was made for, where it can't tell. */
  storedGrid?: readonly [rows: number, columns: number] | undefined
  /**
   * Of a file with several models: what the names of the wanted one's tensors begin with, such as
   * `student.backbone`. Unless told it is the only complete one, or an average (`teacher`, `ema`).
   */
  prefix?: string | undefined
  /** Class names in the order of the logits, or the data set whose names are known; ImageNet's are found. */
  labels?: readonly string[] | LabelSet | undefined
  /**
   * Whether `config.json` and the like beside the weights are read, of checkpoints named as Hugging Face's
   * or timm's are; true unless said otherwise.
   */
  neighbours?: boolean | undefined
  /** Takes what went otherwise than one expects, such as what had to be assumed; the console unless given. */
  onNotice?: ((message: string) => void) | undefined
  /** Where published checkpoints come from, and where they are kept. */
  hub?: HubOptions | undefined
}

/**
 * Loads a Vision Transformer.
 * @param source a checkpoint (`.npz` or `.safetensors`) as a path, URL, Blob, bytes or stream, or the path
 *   of a folder with one; the name of a published one (`B_16`, `hf:org/name`), where there is no file of
 *   that name; the embedded ViT-Ti/16 for ImageNet where there is none
 * @throws FormatError, UnsupportedError, LimitError, SourceError for files that can't be read;
 *   CheckpointError naming every tensor that does not fit, or every field of a `config.json`; MemoryError;
 *   the signal's reason
 */
export async function load(source?: CheckpointInput, options: LoadOptions = {}): Promise<ViT> {
  checkOptions(options)
  if (source === undefined) return loadFile(await embeddedModel(), options, {})
  const name = await publishedName(source)
  if (name === undefined) {
    const file = (await findInFolder(source)) ?? source
    const neighbours = neighboursOf(file, { notice: noticeOf(options) })
    return loadFile(file, options, { neighbours })
  }
  const { usePublished } = await import('./hub/open.ts')
  const { maxBytes } = options
  const hub = { ...options.hub, onNotice: options.hub?.onNotice ?? options.onNotice }
  const again = (use: Use) => usePublished(name, { hub, maxBytes }, use)
  const loadPublished = (input: Input, beside: Beside) => loadFile(input, options, beside, again)
  return usePublished(name, { ...options, hub }, loadPublished, (vit) => vit.dispose())
}

type Input = CheckpointInput | ByteSource
type Use = (input: Input, beside: Beside) => Promise<void>

/** @param again opens the source once more */
async function loadFile(
  source: Input,
  options: LoadOptions,
  beside: Beside,
  again = reopening(source, beside),
): Promise<ViT> {
  const { signal, onProgress } = options
  // `auto` has to know the program; everything else starts while the file is waited for.
  const early = options.backend === 'auto' ? undefined : chooseBackend(options)
  // The file comes first; an error of the backend must not go unhandled meanwhile.
  early?.catch(() => {})
  try {
    const file = await openCheckpoint(source, options, beside.neighbours)
    try {
      const plan = await planWith(file, beside, options)
      const program = vitProgram(plan.config)
      const labels = await chooseLabels(plan.config.classes, options.labels, plan.labels)
      const main = mainProgram(program)
      const backend = await (early ?? chooseFor(main, options))
      const model = backend.createModel(program.weights, again && refill(again, options, plan))
      model.prepare?.(main)
      const recipe = completeRecipe(options.preprocess, plan.recipe)
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

const noticeOf = ({ onNotice }: LoadOptions) =>
  onNotice ?? ((message: string) => console.warn(`vitrine: ${message}`))

/** Plans with what the caller says, behind that what lies beside the file, and says what is assumed. */
async function planWith(
  file: CheckpointFile,
  { neighbours, description }: Beside,
  options: LoadOptions,
): Promise<CheckpointPlan> {
  const { signal, resample, storedGrid, prefix, preprocess, labels } = options
  const notice = noticeOf(options)
  const overrides = overridesOf(options)
  const described = await describeCheckpoint(
    file,
    { neighbours: options.neighbours === false ? undefined : neighbours, description },
    { config: overrides, preprocess, labels, prefix },
    { signal, notice },
  )
  const planOptions = { resample, storedGrid, prefix, description: described }
  const plan = planCheckpoint(file, overrides, planOptions)
  const { assumed } = plan
  if (assumed.length > 0) notice(assumptionNotice(file.name, assumed))
  return plan
}

/** Undefined for streams, which are read once. */
function reopening(source: Input, beside: Beside): ((use: Use) => Promise<void>) | undefined {
  const isStream =
    typeof source === 'object' && (Symbol.asyncIterator in source || 'getReader' in source)
  return isStream ? undefined : (use) => use(source, beside)
}

/** Reads the weights once more, for a device that was lost. */
function refill(
  again: (use: Use) => Promise<void>,
  { maxBytes }: OpenOptions,
  plan: CheckpointPlan,
): Refill {
  return (sink) =>
    again(async (source, { neighbours }) => {
      const file = await openCheckpoint(source, { maxBytes }, neighbours)
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
  if (preprocess !== undefined) completeRecipe(preprocess, 'timm')
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
