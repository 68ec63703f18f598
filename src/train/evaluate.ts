import { readOptions } from '../check-fields.ts'
import type { CheckpointInput } from '../checkpoint/checkpoint.ts'
import { ArgumentError, UnsupportedError } from '../errors.ts'
import { callback, type Field, type Fields, flag, oneOf, signalField, whole } from '../fields.ts'
import type { Recipe, RecipeName } from '../image/preprocess/recipes.ts'
import { resolveRecipe } from '../image/preprocess/resolve-recipe.ts'
import { load } from '../load.ts'
import type { LoadOptions } from '../load-options.ts'
import { concatenate } from '../model/vectors.ts'
import { type Dataset, joined, type Split, type Unusable } from './data/dataset.ts'
import { DatasetError } from './data/errors.ts'
import { type DatasetInput, openDataset } from './data/open.ts'
import { type DataOptions, dataFields, datasetOptionsOf } from './data/options.ts'
import { Pictures } from './data/pictures.ts'
import { decodingWorkers } from './data/workers.ts'
import type { Evaluation } from './evaluation/evaluation.ts'
import { matchClasses } from './evaluation/match-classes.ts'
import { type EvaluationProgress, evaluateSplit } from './evaluation/split.ts'

const SPLITS = ['test', 'validation', 'train', 'all'] as const

/** A part of a data set; `all` is all of it. */
export type EvaluatedSplit = (typeof SPLITS)[number]

/** Options of `evaluate`. */
export interface EvaluateOptions extends DataOptions {
  /** Which pictures; by default those for tests, or all if there are none. */
  split?: EvaluatedSplit | undefined
  /** How many of the most wrong pictures are named, from 0; 50 by default. */
  mistakes?: number | undefined
  /** The longer side of the thumbnails that come with them, in pixels; 0, none, by default. */
  thumbnails?: number | undefined
  /** Whether a picture that can't be read is an error, instead of being left out; false by default. */
  strict?: boolean | undefined
  /** How a checkpoint is loaded and what computes, as for `load`. */
  load?: Omit<LoadOptions, 'signal'> | undefined
  /** Told after each few pictures. */
  onProgress?: ((progress: EvaluationProgress) => void) | undefined
  /** Receives notices; by default they go to the console. */
  onNotice?: ((message: string) => void) | undefined
  /** Ends the evaluation, which then throws the signal's reason. */
  signal?: AbortSignal | undefined
}

/** What is in it, `load` checks. */
const loadField: Field = {
  wanted: 'options of load without signal',
  valid: (value) => typeof value === 'object' && value !== null && !('signal' in value),
}

const evaluateFields: Fields<EvaluateOptions> = {
  ...dataFields,
  split: oneOf(...SPLITS),
  mistakes: whole(0, 10_000),
  thumbnails: whole(0, 1024),
  strict: flag,
  load: loadField,
  onProgress: callback,
  onNotice: callback,
  signal: signalField,
}

/** How well a model does on a data set. */
export interface DatasetEvaluation extends Evaluation {
  /** The data set, for messages. */
  readonly dataset: string
  /** Which of its pictures. */
  readonly split: EvaluatedSplit
  /** The names of its classes, by their numbers. */
  readonly labels: readonly string[]
  /** Pictures that could not be used, and why. */
  readonly unusable: readonly Unusable[]
}

/** What is used of a loaded model; what `load` returns is one. */
export interface EvaluatedModel {
  /** The input in pixels, its channels, and how many logits there are. */
  readonly config: {
    readonly imageSize: readonly [height: number, width: number]
    readonly channels: 1 | 3
    readonly classes: number
  }
  /** The names of its classes, if it has them. */
  readonly labels: readonly string[] | undefined
  /** The preprocessing that it expects. */
  readonly preprocess: RecipeName | Recipe
  /** What computes; as many threads are kept busy. */
  readonly backend: { readonly threads: { readonly count: number } }
  /** `[pictures, classes]` of pixels `[pictures, height, width, channels]`, normalised. */
  logits(
    pixels: Float32Array,
    options: { count: number; signal?: AbortSignal | undefined },
  ): Promise<Float32Array>
}

/**
 * Classifies the pictures of a data set and compares with their classes, which are found among the model's by name. If
 * the model has more classes than the data set, the most probable one of the data set's counts.
 * @param source a model, or a checkpoint as for `load`; the ViT-Ti/16 that comes with the package if undefined
 * @param dataset `cifar10`, `cifar100`, a folder, archives, or files; see `openDataset`. It may lack training pictures
 * @throws what `load` and `openDataset` throw; DatasetError for classes that the model does not have, and if no picture
 *   can be read; UnsupportedError for models without classes; NumericError for logits that are not finite; ArgumentError
 *   for options
 */
export async function evaluate(
  source: CheckpointInput | EvaluatedModel | undefined,
  dataset: DatasetInput,
  given: EvaluateOptions = {},
): Promise<DatasetEvaluation> {
  const options = readOptions<EvaluateOptions>('evaluate', evaluateFields, given)
  const { signal, onNotice, load: loadOptions } = options
  if (isModel(source) && loadOptions !== undefined) {
    throw new ArgumentError('load has no effect on a model that is loaded already: leave it out.')
  }
  const data = await openDataset(dataset, {
    ...datasetOptionsOf(options),
    signal,
    isTrainedOn: false,
  })
  try {
    if (isModel(source)) return await evaluateModel(source, data, options)
    const model = await load(source, { onNotice, ...loadOptions, signal })
    try {
      return await evaluateModel(model, data, options)
    } finally {
      model.dispose()
    }
  } finally {
    await data.close()
  }
}

const warn = (message: string) => console.warn(`vitrine: ${message}`)

const isModel = (source: unknown): source is EvaluatedModel =>
  typeof source === 'object' && source !== null && 'logits' in source && 'config' in source

async function evaluateModel(
  model: EvaluatedModel,
  data: Dataset,
  { onNotice = warn, onProgress, signal, strict = false, ...options }: EvaluateOptions,
): Promise<DatasetEvaluation> {
  const { imageSize: size, channels, classes: outputs } = model.config
  if (outputs === 0) {
    throw new UnsupportedError('The model has no classes of its own, so none can be compared.')
  }
  const { labels } = model
  const matching = { dataset: data.name, model: 'the model', outputs, labels, onNotice }
  const places = await matchClasses(data.classes, matching)
  const [split, chosen] = choose(data, options.split, onNotice)
  const pictures = new Pictures(chosen, { strict, workers: await decodingWorkers() })
  const classifier = {
    logits: (pixels: readonly Float32Array[]) =>
      model.logits(concatenate(pixels), { count: pixels.length, signal }),
  }
  const run = evaluateSplit(classifier, pictures, {
    size,
    recipe: resolveRecipe(model.preprocess),
    channels,
    classes: places.length,
    outputs,
    places,
    together: Math.max(16, 2 * model.backend.threads.count),
    mistakes: options.mistakes,
    thumbnails: options.thumbnails,
    signal,
  })
  const evaluation = await followed(run, onProgress)
  const unusable = [...data.unusable, ...pictures.unusable]
  if (evaluation.pictures === 0) throw nothingRead(data.name, split, unusable)
  const accuracyAmongAll = places.length < outputs ? evaluation.accuracyAmongAll : undefined
  const names = { dataset: data.name, split, labels: data.classes }
  return { ...names, ...evaluation, accuracyAmongAll, unusable }
}

/** Runs to its end, or ends it where its listener fails. */
async function followed(
  run: ReturnType<typeof evaluateSplit>,
  onProgress: EvaluateOptions['onProgress'],
): Promise<Evaluation> {
  try {
    for (;;) {
      const { value, done } = await run.next()
      if (done) return value
      onProgress?.(value)
    }
  } finally {
    await run.return(undefined as never)
  }
}

/** The pictures that were asked for. */
function choose(
  { name, train, validation, test }: Dataset,
  wanted: EvaluatedSplit | undefined,
  onNotice: (message: string) => void,
): [EvaluatedSplit, Split] {
  const split = wanted ?? (test?.size ? 'test' : 'all')
  const all = joined([train, validation, ...(test ? [test] : [])])
  const chosen = { train, validation, test, all }[split]
  if (!chosen?.size) {
    throw new DatasetError(`${name} has no pictures for ${split}. Choose another split, or all.`)
  }
  if (wanted === undefined && split === 'all') {
    onNotice(
      `${name} has no pictures for tests, so all ${all.size} are classified; if the model was trained on them, choose those that were held out: validation.`,
    )
  }
  return [split, chosen]
}

function nothingRead(name: string, split: string, unusable: readonly Unusable[]): DatasetError {
  const [first] = unusable
  const example = first ? `, such as ${first.name}: ${first.reason}` : ''
  return new DatasetError(`No picture of ${name} (${split}) can be read${example}.`)
}
