import { readOptions } from '../check-fields.ts'
import type { CheckpointInput } from '../checkpoint/checkpoint.ts'
import type { Recipe } from '../image/preprocess/recipes.ts'
import { completeRecipe, resolveRecipe } from '../image/preprocess/resolve-recipe.ts'
import type { LoadOptions } from '../load-options.ts'
import { openTrainingBackend } from './backend.ts'
import { type Batch, batches } from './batches.ts'
import type { Dataset, Unusable } from './data/dataset.ts'
import { type DatasetInput, openDataset } from './data/open.ts'
import { Pictures } from './data/pictures.ts'
import { type Evaluation, evaluate } from './evaluate.ts'
import { type TrainOptions, trainFields } from './options.ts'
import { type Prepared, prepare } from './prepare.ts'
import { adamw, sgd } from './recipe/optimizer.ts'
import { checkSchedule, learningRate, type ScheduleOptions } from './recipe/schedule.ts'
import { savedModel } from './save.ts'
import { encodeState, type RecipeFacts, restoreState } from './state.ts'
import type { Step } from './trainer.ts'

/** What happened: an update, an evaluation of held-out pictures, or a saved state. */
export type TrainEvent =
  | ({
      readonly type: 'step'
      readonly totalSteps: number
      readonly imagesPerSecond: number
    } & Step)
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
  const options = readOptions<TrainOptions>('train', trainFields, given)
  const { signal, hub, validation } = options
  const data = await openDataset(dataset, { signal, hub, validation })
  try {
    const schedule = scheduleOf(options, data)
    const prepared = await prepareFor(source, data, options, schedule)
    try {
      return yield* run(prepared, data, options, schedule)
    } finally {
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
  const { gradNormClip: clip = 1, trained = 'all', imageSize, signal, onNotice } = options
  const load: LoadOptions = { ...options.load, imageSize, signal, onNotice }
  return prepare(source, {
    backend: await openTrainingBackend(load),
    load,
    classes: classes.length,
    trained,
    optimizer:
      optimizer === 'sgd'
        ? sgd({ momentum: 0.9, accumulator, weightDecay })
        : adamw({ weightDecay, decays: (name) => /\.kernel(\.raw)?$/.test(name) }),
    learningRate: learningRate(schedule),
    clip,
  })
}

async function* run(
  prepared: Prepared,
  data: Dataset,
  options: TrainOptions,
  { totalSteps }: ScheduleOptions,
): AsyncGenerator<TrainEvent, TrainResult, undefined> {
  const { trainer, config, plan } = prepared
  const { signal, strict = false, cacheBytes, evalEvery = 100, checkpointEvery = 0 } = options
  const { imageSize: size, channels, classes } = config
  const recipe: Recipe = resolveRecipe(
    completeRecipe(options.load?.preprocess, plan.recipe, channels),
  )
  const reading = { strict, ...(cacheBytes !== undefined && { cacheBytes }) }
  const pictures = new Pictures(data.train, reading)
  const onSplit = (split: Pictures) =>
    evaluate(trainer, split, { size, recipe, channels, classes, together: 16, signal })
  const held = new Pictures(data.validation, reading)
  const facts = recipeFacts(data, config, options)
  const from = options.resume && (await restoreState(options.resume, trainer, facts))
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
  while (trainer.steps < totalSteps) {
    const { samples: batch, next } = await nextOf(drawn)
    const start = performance.now()
    const made = await trainer.step(batch, { signal })
    const imagesPerSecond = (1000 * batch.length) / (performance.now() - start)
    yield { type: 'step', totalSteps, imagesPerSecond, ...made }
    const isDue = evalEvery > 0 && made.step % evalEvery === 0
    if (held.size > 0 && (isDue || made.step === totalSteps)) {
      yield { type: 'evaluation', step: made.step, evaluation: await onSplit(held) }
    }
    if (checkpointEvery > 0 && made.step % checkpointEvery === 0) {
      const state = await collect(encodeState(trainer, facts, next))
      yield { type: 'checkpoint', step: made.step, state }
    }
  }
  await drawn.return()
  const tested = data.test && new Pictures(data.test, reading)
  const test = tested && (await onSplit(tested))
  const unusable = [pictures, held, ...(tested ? [tested] : [])].flatMap((all) => all.unusable)
  const metadata = {
    'vitrine.training': JSON.stringify({
      dataset: data.name,
      totalSteps,
      accuracy: test?.accuracy,
    }),
  }
  const model = await collect(savedModel(prepared, { labels: data.classes, metadata, signal }))
  return { labels: data.classes, test, unusable: [...data.unusable, ...unusable], model }
}

/** What decides the course of a run, beside the checkpoint that it began with. */
function recipeFacts(
  { name, train: { size } }: Dataset,
  { imageSize, family }: Prepared['config'],
  options: TrainOptions,
): RecipeFacts {
  const { totalSteps, baseLr, warmupSteps, decayType, batch, gradNormClip, optimizer } = options
  const { optimDtype, weightDecay, labelSmoothing, trained, augment, seed } = options
  const given = { totalSteps, baseLr, warmupSteps, decayType, batch, gradNormClip, optimizer }
  const more = { optimDtype, weightDecay, labelSmoothing, trained, augment, seed }
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
