import type { Backend } from '../backends/backend.ts'
import { readOptions } from '../check-fields.ts'
import type { CheckpointInput } from '../checkpoint/checkpoint.ts'
import { collectBytes } from '../checkpoint/write/safetensors.ts'
import { completeRecipe, resolveRecipe } from '../image/preprocess/resolve-recipe.ts'
import { holdWorkers } from '../image/worker/pool.ts'
import type { LoadOptions } from '../load-options.ts'
import { Average } from './average.ts'
import { openTrainingBackend } from './backend.ts'
import { type Batch, batches } from './batches.ts'
import { Best, scoreOf } from './best.ts'
import type { Dataset, Split } from './data/dataset.ts'
import { type DatasetInput, openDataset } from './data/open.ts'
import { datasetOptionsOf } from './data/options.ts'
import { CacheRoom, Pictures, type PicturesOptions } from './data/pictures.ts'
import { decodingWorkers } from './data/workers.ts'
import { type Classifier, evaluateSplit } from './evaluation/split.ts'
import type { TrainEvent, TrainResult } from './events.ts'
import { factsOf } from './facts.ts'
import { hasFixedFeatures, withHeadDefaults } from './head/defaults.ts'
import { FeaturePictures } from './head/feature-pictures.ts'
import { type TrainOptions, trainFields } from './options.ts'
import { Passing } from './passing.ts'
import { type Prepared, prepare } from './prepare.ts'
import { adamw, sgd } from './recipe/optimizer.ts'
import { learningRate } from './recipe/schedule.ts'
import { type Came, recordKey, recordOf, testRecord } from './record.ts'
import { savedModel } from './save.ts'
import { type Settings, settingsOf } from './settings.ts'
import { encodeState, type Running, restoreState } from './state.ts'

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
  const { signal, allowEmptyClasses } = options
  const data = await openDataset(dataset, {
    ...datasetOptionsOf(options),
    ...{ allowEmptyClasses, signal },
  })
  // Batches and evaluations take turns with them.
  const release = holdWorkers()
  try {
    const settings = settingsOf(withHeadDefaults(options, data.train.size), data)
    const prepared = await prepareFor(source, data, options, settings)
    const ahead: AsyncGenerator<Batch, void>[] = []
    try {
      return yield* run(prepared, data, options, settings, ahead)
    } finally {
      // What is read ahead ends too where training fails or its consumer stops.
      for (const drawn of ahead) await drawn.return()
      prepared.trainer.dispose()
      prepared.backend.dispose?.()
    }
  } finally {
    release()
    await data.close()
  }
}

/** Values of weights, by name. */
type Tensors = ReadonlyMap<string, Float32Array>

async function prepareFor(
  source: CheckpointInput | undefined,
  { classes, validation }: Dataset,
  options: TrainOptions,
  settings: Settings,
): Promise<Prepared & { readonly backend: Backend }> {
  const { imageSize, signal, onNotice } = options
  const { batch, accumSteps, optimizer, weightDecay, freeze, lora, ema, seed, select } = settings
  const load: LoadOptions = { ...options.load, imageSize, signal, onNotice }
  const backend = await openTrainingBackend(load)
  const how = {
    ...{ backend, load, freeze, accumSteps },
    classes: classes.length,
    ...{ lora, seed },
    together: batch / (accumSteps ?? 1),
    copies: {
      best: select === 'best' && validation.size > 0 ? 4 : 0,
      average: ema === undefined ? 0 : 8,
    },
    optimizer:
      optimizer === 'sgd'
        ? sgd({ momentum: 0.9, accumulator: settings.optimDtype!, weightDecay })
        : adamw({ weightDecay }),
    learningRate: learningRate(settings),
    clip: settings.gradNormClip,
    divides: hasFixedFeatures(settings),
  }
  try {
    return { ...(await prepare(source, how)), backend }
  } catch (error) {
    backend.dispose?.()
    throw error
  }
}

async function* run(
  prepared: Prepared,
  data: Dataset,
  options: TrainOptions,
  settings: Settings,
  ahead: AsyncGenerator<Batch, void>[],
): AsyncGenerator<TrainEvent, TrainResult, undefined> {
  const { trainer, config, plan } = prepared
  const { signal, strict = false, cacheBytes, evalEvery = 100, checkpointEvery = 0 } = options
  const { totalSteps, select, augment, batch, labelSmoothing, seed, ema } = settings
  const { imageSize: size, channels, classes } = config
  const preprocess = completeRecipe(options.load?.preprocess, plan.recipe, channels)
  const recipe = resolveRecipe(preprocess)
  const workers = await decodingWorkers()
  // Of a picture whose feature is kept, nothing else is needed.
  const room = new CacheRoom(trainer.divides ? 0 : cacheBytes)
  const open = (split: Split, more: PicturesOptions) =>
    trainer.divides
      ? new FeaturePictures(split, { strict, workers, ...more }, (pixels, signal) =>
          trainer.features(pixels, { signal }),
        )
      : new Pictures(split, { strict, workers, ...more })
  const pictures = open(data.train, { room, classes: data.classes })
  const average = ema === undefined ? undefined : new Average(ema, trainer.parameters)
  const judging = { size, recipe, channels, classes, together: 16, signal }
  const judges: Record<'validation' | 'test', Classifier> = {
    validation: trainer.divides
      ? { logits: (features, options) => trainer.logitsOf(features, options) }
      : trainer,
    test: trainer,
  }
  async function* onSplit(split: 'validation' | 'test', from: Pictures, weights?: Tensors) {
    if (weights) await trainer.use(weights)
    const run = evaluateSplit(judges[split], from, { ...judging, thumbnails: options.thumbnails })
    try {
      for (;;) {
        const { value, done } = await run.next()
        if (done) return value
        yield { type: 'evaluating', split, step: trainer.steps, ...value } as const
      }
    } finally {
      await run.return(undefined as never)
      if (weights) await trainer.use(undefined)
    }
  }
  const held = open(data.validation, { room })
  const best = new Best(select === 'best')
  const running = { trainer, best, average }
  const facts = factsOf(prepared, data, settings, preprocess)
  const from = options.resume && (await restoreState(options.resume, running, facts))
  const began = recordOf(prepared, data, settings)
  const modelFile = (came: Came, parameters?: Tensors) => {
    const metadata = { [recordKey]: JSON.stringify({ ...began, ...came }) }
    const { classes: labels } = data
    return savedModel(prepared, { labels, recipe: preprocess, metadata, signal, parameters })
  }
  const files = new Passing()
  const drawn = batches(pictures, {
    ...{ augment, size, recipe, channels, batch, classes, labelSmoothing, seed },
    ...(from && { from }),
    ...(signal && { signal }),
  })
  ahead.push(drawn)
  yield {
    type: 'start',
    dataset: data.name,
    labels: data.classes,
    pictures: { train: pictures.size, validation: held.size, test: data.test?.size ?? 0 },
    batch,
    totalSteps,
    evalEvery,
    done: trainer.steps,
  }
  while (trainer.steps < totalSteps) {
    const { samples, next } = await nextOf(drawn)
    const start = performance.now()
    const made = await trainer.step(samples, { signal })
    average?.update(trainer.parameters, made.step - 1)
    const imagesPerSecond = (1000 * batch) / (performance.now() - start)
    yield { type: 'step', totalSteps, imagesPerSecond, ...made }
    const { step } = made
    const finished = step === totalSteps
    if (held.size > 0 && (finished || isDue(step, evalEvery))) {
      const evaluation = yield* onSplit('validation', held, average?.values)
      const isBest = best.offer(step, evaluation, average?.values ?? trainer.parameters)
      const validation = scoreOf(step, evaluation)
      const model = files.now(modelFile({ step, finished, validation }, average?.values))
      yield { type: 'evaluation', step, evaluation, isBest, model }
      files.pass()
    }
    if (checkpointEvery > 0 && (finished || isDue(step, checkpointEvery))) {
      yield { type: 'checkpoint', step, state: files.now(encodeState(running, facts, next)) }
      files.pass()
    }
  }
  await drawn.return()
  const step = await chooseWeights(running)
  // Looked at once, so nothing is kept of them.
  const tested = data.test && new Pictures(data.test, { strict, workers })
  const test = tested && (yield* onSplit('test', tested))
  const all = [pictures, held, ...(tested ? [tested] : [])]
  const unusable = [...data.unusable, ...all.flatMap(({ unusable }) => unusable)]
  const validation = best.score?.step === step ? best.score : undefined
  const came = { step, finished: true, validation, test: test && testRecord(test) }
  const model = await collectBytes(modelFile(came))
  return { labels: data.classes, step, best: best.score, test, unusable, model }
}

const isDue = (step: number, every: number) => every > 0 && step % every === 0

/**
 * Gives the trainer the weights that come out: those that did best where they were kept, else the last, or their average.
 * @returns the update that made them
 */
async function chooseWeights({ trainer, best, average }: Running): Promise<number> {
  const { score, parameters } = best
  const isEarlier = score && parameters && score.step < trainer.steps
  const chosen = isEarlier ? parameters : average?.values
  if (chosen) await trainer.restore(chosen, trainer.steps)
  return isEarlier ? score.step : trainer.steps
}

/** Batches have no end; without pictures they throw. */
const nextOf = async (drawn: AsyncGenerator<Batch, void>): Promise<Batch> =>
  (await drawn.next()).value as Batch
