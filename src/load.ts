import type { Backend, Refill } from './backends/backend.ts'
import { openWasmBackend } from './backends/wasm/open.ts'
import { isBytes, requireAttached } from './bytes/detached.ts'
import type { CheckpointFile, CheckpointInput, OpenOptions } from './checkpoint/checkpoint.ts'
import type { Beside } from './checkpoint/description.ts'
import { loadWeights } from './checkpoint/plan/load.ts'
import { openCheckpoint } from './checkpoint/read/open.ts'
import type { ByteSource } from './checkpoint/source/source.ts'
import { UnsupportedError } from './errors.ts'
import type { AnyConfig } from './families/architectures.ts'
import { planOwn } from './families/own-plan.ts'
import type { CheckpointPlan, PlanOptions } from './families/plan.ts'
import type { Runnable } from './families/runnable.ts'
import { runnableOf } from './families/runnables.ts'
import { copyPlain } from './fields.ts'
import { chooseLabels } from './labels.ts'
import type { LoadOptions } from './load-options.ts'
import { ImageModel, type Parts } from './model/image-model.ts'
import type { AnySize, Keeping } from './model/sized.ts'
import type { TokenMerging } from './model/token-merging.ts'
import { withOutputs } from './program/passes/outputs.ts'
import { withoutUnusedRows } from './program/passes/rows.ts'
import type { Program } from './program/program.ts'
import type { Weight } from './program/values.ts'
import type { Again } from './refill.ts'

export type { BackendName, LoadOptions } from './load-options.ts'

/**
 * Loads a model of images, such as a Vision Transformer.
 * @param source a checkpoint (`.npz` or `.safetensors`): the path of a file or of a folder, a URL (in pages also one
 *   relative to the page), a `Blob`, bytes or a stream; or the name of a published checkpoint (`B_16`, `hf:org/name`),
 *   if no file has this name. Without a source, the ViT-Ti/16 for ImageNet that comes with the package
 * @param given options; all have defaults
 * @returns a model that is ready to run; `dispose()` frees it
 * @throws SourceError if bytes can't be read; FormatError, UnsupportedError, LimitError for files and combinations of
 *   options; CheckpointError, which names every tensor or field that does not fit; NumericError for weights that are not
 *   finite; MemoryError; ArgumentError for options; the signal's reason
 */
export function load(
  source?: CheckpointInput,
  given?: LoadOptions,
): Promise<ImageModel<AnyConfig>> {
  return loadModel(source, given, async () => ({ make: (parts) => new ImageModel(parts) }))
}

/** What is made of a checkpoint. */
export interface Making<M extends ImageModel<AnyConfig>> extends Keeping {
  /** Weights that the model has beside those of its family's program. */
  readonly weights?: readonly Weight[]
  make(parts: Parts<AnyConfig>): M
}

/** Decides what is made of a checkpoint, before its weights are read. */
export type Begin<M extends ImageModel<AnyConfig>> = (
  file: CheckpointFile,
  plan: CheckpointPlan,
  beside: Beside,
) => Promise<Making<M>>

/** Loads a model of any kind, as `load` does. */
export async function loadModel<M extends ImageModel<AnyConfig>>(
  source: CheckpointInput | undefined,
  given: LoadOptions | undefined,
  begin: Begin<M>,
): Promise<M> {
  const options = given === undefined ? {} : await readOptions(given)
  return withSource(
    source,
    options,
    (input, beside, again) => loadFile(input, options, beside, begin, again),
    (model) => model.dispose(),
  )
}

/**
 * Finds a checkpoint, wherever it is.
 * @param use gets it, and what lies beside it; its result is that of the call
 * @param discard frees the result of a download that turns out to be wrong
 */
export async function withSource<T>(
  source: CheckpointInput | undefined,
  options: LoadOptions,
  use: (input: Input, beside: Beside, again?: Again) => Promise<T>,
  discard?: (made: T) => void,
): Promise<T> {
  if (source === undefined) return withEmbedded(use)
  if (typeof source !== 'string' && !(source instanceof URL)) return use(source, {})
  const { locateCheckpoint } = await import('./hub/locate.ts')
  const located = await locateCheckpoint(source, { notice: noticeOf(options) })
  if (!('published' in located)) return use(located.file, located)
  const { published } = located
  const { usePublished } = await import('#hub')
  const { maxBytes } = options
  const hub = { ...options.hub, onNotice: options.hub?.onNotice ?? options.onNotice }
  const again: Again = (use, signal) => usePublished(published, { hub, maxBytes, signal }, use)
  const useDownload = (input: Input, beside: Beside) => use(input, beside, again)
  return usePublished(published, { ...options, hub }, useDownload, discard)
}

/** Checks options as they are now, whatever the caller does with them while the code for it is loaded. */
export async function readOptions(given: LoadOptions): Promise<LoadOptions> {
  const copy = copyPlain(given, copyPlain)
  return (await import('./load-options.ts')).readLoadOptions(copy)
}

type Input = CheckpointInput | ByteSource

/** @param again opens the source once more */
async function loadFile<M extends ImageModel<AnyConfig>>(
  source: Input,
  options: LoadOptions,
  beside: Beside,
  begin: Begin<M>,
  again = reopening(source, beside),
): Promise<M> {
  const { signal, onProgress } = options
  // `auto` has to know the program; everything else starts while the file is waited for.
  const early = options.backend === 'auto' ? undefined : chooseBackend(options)
  // The file comes first; an error of the backend must not go unhandled meanwhile.
  early?.catch(() => {})
  try {
    const file = await openCheckpoint(source, options, beside.neighbours)
    try {
      const whole = await planWith(file, beside, options)
      const begun = await begin(file, whole, beside)
      const family = await runnableOf(whole.config)
      const recipe = await recipeOf(options, whole, family)
      const anySize = await family.anySize?.(whole, recipe)
      const making = anySize?.keeping(begun) ?? begun
      const own = anySize?.usual.program ?? family.program(whole.config)
      const { merged: program, merging } = await mergedBy(
        options,
        own,
        family,
        whole.config,
        anySize,
      )
      const weights = [...program.weights, ...(making.weights ?? [])]
      const names = weights.map(({ name }) => name)
      const plan = planFor(names, whole)
      const labels = await chooseLabels(plan.config.classes, options.labels, plan.labels)
      const main = mainProgram(program)
      const backend = await (early ?? chooseFor(main, options))
      const refillBy = (again: Again) => refillFrom(again, options, file.tensors, plan)
      const model = backend.createModel(weights, again && refillBy(again))
      model.prepare?.(main)
      const { config } = plan
      // A model does not keep its checkpoint's bytes in memory only to show weights.
      const refill = again && refillBy(isBytes(source) ? weakly(source, beside) : again)
      const parts = { config, backend, model, program, merging, recipe, labels, refill, anySize }
      const views = { stages: family.stages(config), tokens: tokensOf(family, config) }
      const runner = making.make({ ...parts, ...views })
      try {
        const sink = making.sink?.(model) ?? model
        const all = planFor([...names, ...(making.aside ?? [])], whole)
        await loadWeights(file, all, sink, { signal, onProgress })
      } catch (error) {
        runner.dispose()
        throw error
      }
      return runner
    } finally {
      await file.close()
    }
  } catch (error) {
    early?.then((backend) => backend.dispose?.()).catch(() => {})
    // Whatever reading says of bytes that are gone.
    if (isBytes(source) && !signal?.aborted) requireAttached(source, 'the checkpoint')
    throw error
  }
}

async function mergedBy(
  { merge }: LoadOptions,
  program: Program,
  family: Runnable,
  config: AnyConfig,
  anySize: AnySize | undefined,
): Promise<{ merged: Program; merging?: TokenMerging }> {
  if (merge === undefined) return { merged: program }
  if (anySize) {
    throw new UnsupportedError(
      "Tokens of images that keep their aspect ratio are not merged; leave out merge, or pass preprocess: { fit: 'squash' }.",
    )
  }
  const { mergeTokens } = await import('./model/token-merging.ts')
  return mergeTokens(program, await family.tokens(config), merge)
}

/** Outside of `loadFile`, so that a model does not keep what that has in memory, such as the checkpoint's bytes. */
const tokensOf = (family: Runnable, config: AnyConfig) => () => family.tokens(config)

/** The same plan for these weights only: a file may have more, such as those of a text tower. */
function planFor(weights: readonly string[], plan: CheckpointPlan): CheckpointPlan {
  const pieces = weights.map((name) => [name, plan.pieces.get(name) ?? []] as const)
  return { ...plan, pieces: new Map(pieces) }
}

/** Nothing has to be checked of a publisher's own recipe, which is for pictures with colours and of one size. */
async function recipeOf(
  { preprocess }: LoadOptions,
  { recipe, config }: CheckpointPlan,
  { anySize }: Runnable,
) {
  const isPlain = typeof recipe === 'string' && recipe !== 'naflex' && config.channels === 3
  if (preprocess === undefined && isPlain) return recipe
  const { completeRecipe } = await import('./image/preprocess/resolve-recipe.ts')
  return completeRecipe(preprocess, recipe, config.channels, anySize !== undefined)
}

const noticeOf = ({ onNotice }: LoadOptions) =>
  onNotice ?? ((message: string) => console.warn(`vitrine: ${message}`))

/** Plans with what the caller says, behind that what lies beside the file, and says what is assumed. */
export async function planWith(
  file: CheckpointFile,
  { neighbours, description }: Beside,
  options: LoadOptions,
): Promise<CheckpointPlan> {
  const { resample, storedGrid, prefix, preprocess } = options
  const overrides = await overridesOf(options)
  // A variant's patch size is one that the file must have.
  const patchSize = options.config?.patchSize
  const asked = { resample, storedGrid, patchSize, prefix, preprocess }
  const planOptions: PlanOptions = { ...asked, description }
  const own = await planOwn(file, overrides, planOptions)
  if (own) return own
  // Most pages load files of ours: the tables of other publishers come with the first file of theirs.
  const { planForeign } = await import('./families/foreign-plan.ts')
  return planForeign(file, neighbours, overrides, planOptions, options, noticeOf(options))
}

/** Undefined for streams, which are read once. */
function reopening(source: Input, beside: Beside): Again | undefined {
  const isStream =
    typeof source === 'object' &&
    source !== null &&
    (Symbol.asyncIterator in source || 'getReader' in source)
  return isStream ? undefined : (use) => use(source, beside)
}

function weakly(bytes: Uint8Array | ArrayBuffer, beside: Beside): Again {
  const held = new WeakRef(bytes)
  return async (use) => {
    const kept = held.deref()
    return kept ? use(kept, beside) : (await import('./refill.ts')).refuseGone()
  }
}

/** Reads weights once more, for a device that was lost or to show them. Most programs never do. */
const refillFrom =
  (
    again: Again,
    options: OpenOptions,
    tensors: CheckpointFile['tensors'],
    plan: CheckpointPlan,
  ): Refill =>
  async (sink, wanted) => {
    const { refill } = await import('./refill.ts')
    const before = { maxBytes: options.maxBytes, tensors, pieces: plan.pieces }
    return refill(again, before, sink, wanted)
  }

async function withEmbedded<T>(use: (input: Input, beside: Beside) => Promise<T>): Promise<T> {
  const { model } = await import('./embedded/model.ts')
  try {
    return await use(model, {})
  } catch (error) {
    throw (await import('./embedded/missing.ts')).explainMissing(error, model)
  }
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
      return openWasmBackend(options)
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

async function overridesOf({
  variant,
  config,
  imageSize,
}: LoadOptions): Promise<Partial<AnyConfig>> {
  const size = typeof imageSize === 'number' ? ([imageSize, imageSize] as const) : imageSize
  const structure =
    variant === undefined
      ? undefined
      : (await import('./families/published.ts')).structureOfVariant(variant)
  // Whether all of it is of one family is checked when the file's family is known.
  return { ...structure, ...(size && { imageSize: size }), ...config } as Partial<AnyConfig>
}
