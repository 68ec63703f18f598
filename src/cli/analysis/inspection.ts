import type { CheckpointFile, TensorInfo } from '../../checkpoint/checkpoint.ts'
import type { Description, Given } from '../../checkpoint/description.ts'
import { tensorBytes } from '../../checkpoint/read/dtype.ts'
import { CheckpointError, FormatError, VitrineError } from '../../errors.ts'
import type { AnyConfig } from '../../families/architectures.ts'
import { countParameters } from '../../families/parameters.ts'
import { type CheckpointPlan, planCheckpoint } from '../../families/plan.ts'
import { familyOf } from '../../families/registry.ts'
import type { Recipe, RecipeName } from '../../image/preprocess/recipes.ts'
import { completeRecipe, resolveRecipe } from '../../image/preprocess/resolve-recipe.ts'
import { chooseLabels } from '../../labels.ts'
import { recordKey, type TrainingRecord } from '../../train/record.ts'

/** The contents of a checkpoint, and the model that it describes. */
export interface Inspection {
  readonly file: string
  readonly format: CheckpointFile['format']
  /** Bytes of all tensors, uncompressed. */
  readonly bytes: number
  /** Number of elements per type. */
  readonly dtypes: Readonly<Record<string, number>>
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: readonly TensorInfo[]
  /** How it was trained, if this package did. */
  readonly training?: TrainingRecord
  /** Missing if it is not a model that runs here. */
  readonly model?: ModelFacts
  /** Why it does not run; missing if it does. */
  readonly problem?: Problem
}

export interface ModelFacts {
  readonly publisher: string
  /** The prefix of the names of the model's tensors, if any. */
  readonly prefix?: string
  /** The published variant with this structure, if there is one. */
  readonly variant?: string
  readonly config: AnyConfig
  /** The config in words, line by line. */
  readonly structure: readonly (readonly [name: string, text: string])[]
  /** The recipe's name, or a recipe that has none. */
  readonly preprocess: RecipeName | Recipe
  readonly recipe: Recipe
  /** Class names in the order of the logits, if they are known. */
  readonly labels?: readonly string[]
  /** The rule that resizes position embeddings. */
  readonly resample: string
  /** Where each comes from: a file, `options`, or what it was inferred from. */
  readonly origins: Readonly<Record<'config' | 'preprocess' | 'labels', string>>
  /** Fields that nothing states, so that a default was assumed. */
  readonly assumed: readonly string[]
  readonly parameters: number
  /** Tensors that the model does not use. */
  readonly ignored: readonly string[]
}

export interface Problem {
  readonly code: string
  readonly message: string
  readonly missing?: readonly string[]
  readonly extra?: readonly string[]
  readonly misshapen?: readonly string[]
}

/** What the flags say, and how to read the files beside the checkpoint. */
export interface InspectOptions extends Given<AnyConfig> {
  describe?(): Promise<Description>
}

/** Inspects the headers of an open checkpoint and the files beside it; reads no tensor. */
export async function inspectFile(
  file: CheckpointFile,
  options: InspectOptions,
): Promise<Inspection> {
  const tensors = [...file.tensors.values()]
  const facts = {
    file: file.name,
    format: file.format,
    bytes: tensors.reduce((sum, info) => sum + tensorBytes(info), 0),
    dtypes: countByType(tensors),
    metadata: file.metadata,
    tensors,
    ...trainingOf(file),
  }
  try {
    return { ...facts, model: await modelFacts(file, options) }
  } catch (error) {
    if (!(error instanceof VitrineError)) throw error
    return { ...facts, problem: problemOf(error) }
  }
}

/** @throws FormatError where the record is not JSON */
function trainingOf({ name, metadata }: CheckpointFile): { readonly training?: TrainingRecord } {
  const text = metadata[recordKey]
  if (text === undefined) return {}
  try {
    return { training: JSON.parse(text) as TrainingRecord }
  } catch (cause) {
    throw new FormatError(`${name} has a ${recordKey} that is not JSON.`, { cause })
  }
}

async function modelFacts(file: CheckpointFile, options: InspectOptions): Promise<ModelFacts> {
  const description = (await options.describe?.()) ?? {}
  const plan = await planCheckpoint(file, options.config, {
    description,
    patchSize: options.config?.patchSize,
    prefix: options.prefix,
    preprocess: options.preprocess,
  })
  const { publisher, prefix, config, ignored, resample, assumed } = plan
  const family = await familyOf(config)
  const { facts, variantOf } = await family.tools()
  const parameters = await countParameters(config)
  const variant = variantOf(config)
  const preprocess = completeRecipe(
    options.preprocess,
    plan.recipe,
    config.channels,
    family.anySize !== undefined,
  )
  const labels = await chooseLabels(config.classes, options.labels, plan.labels)
  return {
    publisher,
    ...(prefix !== '' && { prefix }),
    ...(variant !== undefined && { variant }),
    config,
    structure: facts(config),
    preprocess,
    recipe: resolveRecipe(preprocess),
    ...(labels && { labels }),
    resample,
    origins: originsOf(plan, description, options),
    assumed,
    parameters,
    ignored,
  }
}

function originsOf(
  { publisher, labels }: CheckpointPlan,
  { sources = {} }: Description,
  given: InspectOptions,
): ModelFacts['origins'] {
  const own = publisher === 'vitrine' ? 'its metadata' : undefined
  const byPublisher = `the default for ${publisher} tensor names`
  const known = labels && (own ?? 'its row in the table of published checkpoints')
  return {
    config: own ?? sources.config ?? 'its tensors',
    preprocess: given.preprocess ? 'options' : (own ?? sources.preprocess ?? byPublisher),
    labels: given.labels
      ? 'options'
      : (sources.labels ?? known ?? 'the number of classes, which is that of ImageNet'),
  }
}

function countByType(tensors: readonly TensorInfo[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { dtype, shape } of tensors) {
    counts[dtype] = (counts[dtype] ?? 0) + shape.reduce((count, side) => count * side, 1)
  }
  return counts
}

function problemOf(error: VitrineError): Problem {
  const { code, message } = error
  if (!(error instanceof CheckpointError)) return { code, message }
  const { missing, extra, misshapen } = error
  return { code, message, missing, extra, misshapen }
}
