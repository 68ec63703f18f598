import { readOptions } from '../check-fields.ts'
import type { CheckpointInput } from '../checkpoint/checkpoint.ts'
import type { Recipe } from '../image/preprocess/recipes.ts'
import { completeRecipe, resolveRecipe } from '../image/preprocess/resolve-recipe.ts'
import type { LoadOptions } from '../load-options.ts'
import { Average } from './average.ts'
import { openTrainingBackend } from './backend.ts'
import { type Batch, batches } from './batches.ts'
import type { Dataset, Unusable } from './data/dataset.ts'
import { type DatasetInput, openDataset } from './data/open.ts'
import { Pictures } from './data/pictures.ts'
import { decodingWorkers } from './data/workers.ts'
import type { Evaluation } from './evaluation/evaluation.ts'
import { type EvaluationProgress, evaluateSplit } from './evaluation/split.ts'
import { hasFixedFeatures, withHeadDefaults } from './head/defaults.ts'
import { FeatureClassifier } from './head/feature-classifier.ts'
import { FeaturePictures } from './head/feature-pictures.ts'
import { checkApart, loraOf } from './lora.ts'
import { type TrainOptions, trainFields } from './options.ts'
import { type Prepared, prepare } from './prepare.ts'
import { adamw, sgd } from './recipe/optimizer.ts'
import { checkSchedule, learningRate, type ScheduleOptions } from './recipe/schedule.ts'
import { savedModel } from './save.ts'
import { encodeState, type RecipeFacts, restoreState } from './state.ts'
import type { Step } from './trainer.ts'

/** What a run is about to do. */
export interface TrainStart {
  /** The data set, for messages. */
  readonly dataset: string
  /** The names of the classes, in the order of the logits. */
  readonly labels: readonly string[]
  /** How many pictures there are. */
  readonly pictures: { readonly train: number; readonly validation: number; readonly test: number }
  /** Pictures of an update. */
  readonly batch: number
  /** Updates in all. */
  readonly totalSteps: number
  /** Updates from one evaluation to the next; 0 for none. */
  readonly evalEvery: number
  /** Updates that were made before, by the run that this one goes on from. */
  readonly done: number
}

/**
 * What happened: the run begins, an update, an evaluation goes on (of held-out pictures, in the end of those for tests),
 * an evaluation of held-out pictures is done, or a saved state.
 */
export type TrainEvent =
  | ({ readonly type: 'start' } & TrainStart)
  | ({
      readonly type: 'step'
      readonly totalSteps: number
      readonly imagesPerSecond: number
    } & Step)
  | ({
      readonly type: 'evaluating'
      readonly split: 'validation' | 'test'
      readonly step: number
    } & EvaluationProgress)
  | { readonly type: 'evaluation'; readonly step: number; readonly evaluation: Evaluation }
  /** `state` is a file from which a run can go on: pass it as `resume`. */
  | { readonly type: 'checkpoint'; readonly step: number; readonly state: Uint8Array }

/** What training came to. */
export interface TrainResult {
  /** The names of the classes, in the order of the logits. */
  readonly labels: readonly string[]
  /** On the test pictures, all of them; undefined if the data set has none. */
  readonly test: Evaluation | undefined
  /** Pictures that could not be used, and why. */
  readonly unusable: readonly Unusable[]
  /** The trained model as a safetensors file, with class names and preprocessing inside. */
  readonly model: Uint8Array
}

/** The recipes of the release: for CIFAR, and for data sets of one's own. */
const steps = {
  cifar: { totalSteps: 10_000, warmupSteps: 500 },
  own: { totalSteps: 500, warmupSteps: 100 },
}

/**
 * Fine-tunes a checkpoint on a data set, as google-research/vision_transformer does: a new head, all weights or some of
 * them, SGD with momentum or AdamW. Dropout is left out.
 * @param source a checkpoint, as for `load`; the ViT-Ti/16 that comes with the package if undefined
 * @param dataset `cifar10`, `cifar100`, a folder, archives, or files; see `openDataset`
 * @returns every update and every evaluation as they happen, and in the end the model
 * @throws what `load` and `openDataset` throw; ArgumentError for options; NumericError where training diverges
 */
export async function* train(
  source: CheckpointInput | undefined,
  dataset: DatasetInput,
  given: TrainOptions = {},
): AsyncGenerator<TrainEvent, TrainResult, undefined> {
  const said = readOptions<TrainOptions>('train', trainFields, given)
  checkApart(said.lora, said.freeze)
  const { signal, hub, validation } = said
  const data = await openDataset(dataset, { signal, hub, validation })
  try {
    const options = withHeadDefaults(said, data.train.size)
    const schedule = scheduleOf(options, data)
    const prepared = await prepareFor(source, data, options, schedule)
    const ahead: AsyncGenerator<Batch, void>[] = []
    try {
      return yield* run(prepared, data, options, schedule, ahead)
    } finally {
      // What is read ahead ends too where training fails or its consumer stops.
      for (const drawn of ahead) await drawn.return()
      prepared.trainer.dispose()
    }
  } finally {
    await data.close()
  }
}

function scheduleOf(options: TrainOptions, { name }: Dataset): ScheduleOptions {
  const usual = /^cifar/i.test(name) ? steps.cifar : steps.own
  const { totalSteps = usual.totalSteps, baseLr = 0.03, decayType = 'cosine' } = options
  const { warmupSteps = Math.min(usual.warmupSteps, Math.floor(totalSteps / 5)) } = options
  const schedule = { totalSteps, baseLr, decayType, warmupSteps }
  checkSchedule(schedule)
  return schedule
}

async function prepareFor(
  source: CheckpointInput | undefined,
  { classes }: Dataset,
  options: TrainOptions,
  schedule: ScheduleOptions,
): Promise<Prepared> {
  const { optimizer = 'sgd', optimDtype: accumulator = 'bfloat16', weightDecay = 0 } = options
  const { gradNormClip: clip = 1, freeze = 'none', imageSize, signal, onNotice } = options
  const load: LoadOptions = { ...options.load, imageSize, signal, onNotice }
  return prepare(source, {
    backend: await openTrainingBackend(load),
    load,
    classes: classes.length,
    freeze,
    lora: options.lora === undefined ? undefined : loraOf(options.lora),
    seed: options.seed,
    optimizer:
      optimizer === 'sgd'
        ? sgd({ momentum: 0.9, accumulator, weightDecay })
        : adamw({ weightDecay }),
    learningRate: learningRate(schedule),
    clip,
    divides: hasFixedFeatures(options),
  })
}

async function* run(
  prepared: Prepared,
  data: Dataset,
  options: TrainOptions,
  { totalSteps }: ScheduleOptions,
  ahead: AsyncGenerator<Batch, void>[],
): AsyncGenerator<TrainEvent, TrainResult, undefined> {
  const { trainer, config, plan } = prepared
  const { signal, strict = false, cacheBytes, evalEvery = 100, checkpointEvery = 0 } = options
  const { ema } = options
  const { imageSize: size, channels, classes } = config
  const recipe: Recipe = resolveRecipe(
    completeRecipe(options.load?.preprocess, plan.recipe, channels),
  )
  const reading = { strict, ...(cacheBytes !== undefined && { cacheBytes }) }
  const drawing = { ...reading, workers: await decodingWorkers() }
  const pictures = trainer.divides
    ? new FeaturePictures(data.train, drawing, (pixels, signal) =>
        trainer.features(pixels, { signal }),
      )
    : new Pictures(data.train, drawing)
  const average = ema === undefined ? undefined : new Average(ema, trainer.parameters)
  const judging = { size, recipe, channels, classes, together: 16, signal }
  // Those held out are looked at often, those for tests once.
  const judges = {
    validation: trainer.divides ? new FeatureClassifier(trainer) : trainer,
    test: trainer,
  }
  async function* onSplit(split: 'validation' | 'test', from: Pictures) {
    if (average) await trainer.use(average.values)
    try {
      const run = evaluateSplit(judges[split], from, { ...judging, thumbnails: options.thumbnails })
      for (;;) {
        const { value, done } = await run.next()
        if (done) return value
        yield { type: 'evaluating', split, step: trainer.steps, ...value } as const
      }
    } finally {
      if (average) await trainer.use(undefined)
    }
  }
  const held = new Pictures(data.validation, reading)
  const facts = recipeFacts(data, config, options)
  const from =
    options.resume &&
    (await restoreState(options.resume, trainer, prepared.optimizer, facts, average))
  const drawn = batches(pictures, {
    augment: options.augment ?? 'inception',
    size,
    recipe,
    channels,
    batch: options.batch ?? 512,
    classes,
    labelSmoothing: options.labelSmoothing ?? 0,
    seed: options.seed ?? 0,
    ...(from && { from }),
    ...(signal && { signal }),
  })
  ahead.push(drawn)
  yield {
    type: 'start',
    dataset: data.name,
    labels: data.classes,
    pictures: { train: pictures.size, validation: held.size, test: data.test?.size ?? 0 },
    batch: options.batch ?? 512,
    totalSteps,
    evalEvery,
    done: trainer.steps,
  }
  while (trainer.steps < totalSteps) {
    const { samples: batch, next } = await nextOf(drawn)
    const start = performance.now()
    const made = await trainer.step(batch, { signal })
    average?.update(trainer.parameters, made.step - 1)
    const imagesPerSecond = (1000 * batch.length) / (performance.now() - start)
    yield { type: 'step', totalSteps, imagesPerSecond, ...made }
    const isDue = evalEvery > 0 && made.step % evalEvery === 0
    if (held.size > 0 && (isDue || made.step === totalSteps)) {
      const evaluation = yield* onSplit('validation', held)
      yield { type: 'evaluation', step: made.step, evaluation }
    }
    if (checkpointEvery > 0 && made.step % checkpointEvery === 0) {
      const state = await collect(encodeState(trainer, prepared.optimizer, facts, next, average))
      yield { type: 'checkpoint', step: made.step, state }
    }
  }
  await drawn.return()
  const tested = data.test && new Pictures(data.test, reading)
  const test = tested && (yield* onSplit('test', tested))
  const unusable = [pictures, held, ...(tested ? [tested] : [])].flatMap((all) => all.unusable)
  const metadata = {
    'vitrine.training': JSON.stringify({
      dataset: data.name,
      totalSteps,
      accuracy: test?.accuracy,
    }),
  }
  const saving = { labels: data.classes, metadata, signal, parameters: average?.values }
  const model = await collect(savedModel(prepared, saving))
  return { labels: data.classes, test, unusable: [...data.unusable, ...unusable], model }
}

/** What decides the course of a run, beside the checkpoint that it began with. */
function recipeFacts(
  { name, train: { size } }: Dataset,
  { imageSize, family }: Prepared['config'],
  options: TrainOptions,
): RecipeFacts {
  const { totalSteps, baseLr, warmupSteps, decayType, batch, gradNormClip, optimizer } = options
  const { optimDtype, weightDecay, labelSmoothing, freeze, lora, ema, augment, seed } = options
  const given = { totalSteps, baseLr, warmupSteps, decayType, batch, gradNormClip, optimizer }
  const adapters = lora === undefined ? undefined : Object.values(loraOf(lora)).join(', ')
  const more = {
    optimDtype,
    weightDecay,
    labelSmoothing,
    freeze,
    lora: adapters,
    ema,
    augment,
    seed,
  }
  const facts = { dataset: name, pictures: size, family, imageSize: imageSize.join('x') }
  const said = Object.entries({ ...given, ...more }).filter(([, value]) => value !== undefined)
  return { ...facts, ...(Object.fromEntries(said) as RecipeFacts) }
}

/** Batches have no end; without pictures they throw. */
const nextOf = async (drawn: AsyncGenerator<Batch, void>): Promise<Batch> =>
  (await drawn.next()).value as Batch

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const { collectBytes } = await import('../checkpoint/write/safetensors.ts')
  return collectBytes(chunks)
}
