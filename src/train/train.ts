import { readOptions } from '../check-fields.ts'
import type { CheckpointInput } from '../checkpoint/checkpoint.ts'
import { collectBytes } from '../checkpoint/write/safetensors.ts'
import type { Recipe } from '../image/preprocess/recipes.ts'
import { completeRecipe, resolveRecipe } from '../image/preprocess/resolve-recipe.ts'
import type { LoadOptions } from '../load-options.ts'
import { openTrainingBackend } from './backend.ts'
import { type Batch, batches } from './batches.ts'
import { Best, type Score, scoreOf } from './best.ts'
import type { Dataset, Unusable } from './data/dataset.ts'
import { type DatasetInput, openDataset } from './data/open.ts'
import { Pictures } from './data/pictures.ts'
import { type Evaluation, evaluate } from './evaluate.ts'
import { type TrainOptions, trainFields } from './options.ts'
import { Passing } from './passing.ts'
import { type Prepared, prepare } from './prepare.ts'
import { adamw, sgd } from './recipe/optimizer.ts'
import { learningRate } from './recipe/schedule.ts'
import { type Came, lastPart, recordKey, recordOf, testRecord } from './record.ts'
import { savedModel } from './save.ts'
import { type Settings, settingsOf } from './settings.ts'
import { encodeState, type RecipeFacts, type Running, restoreState } from './state.ts'
import type { Step } from './trainer.ts'

/** What happened: an update, an evaluation of held-out pictures, or a state that can be saved. */
export type TrainEvent =
  | ({
      readonly type: 'step'
      readonly totalSteps: number
      readonly imagesPerSecond: number
    } & Step)
  | {
      readonly type: 'evaluation'
      readonly step: number
      readonly evaluation: Evaluation
      /** Whether no weights did better so far: a higher accuracy, or the same with a lower loss. */
      readonly isBest: boolean
      /** The model as it is now, a safetensors file that just loads. Read it before the next event. */
      readonly model: AsyncIterable<Uint8Array>
    }
  | {
      readonly type: 'checkpoint'
      readonly step: number
      /** A file from which a run can go on: pass it as `resume`. Read it before the next event. */
      readonly state: AsyncIterable<Uint8Array>
    }

/** What training came to. */
export interface TrainResult {
  /** The names of the classes, in the order of the logits. */
  readonly labels: readonly string[]
  /** The update that made the weights of `model`. */
  readonly step: number
  /** The update that did best on the validation pictures, and how well; undefined if there are none. */
  readonly best: Score | undefined
  /** Of `model`, on the test pictures, all of them; undefined if the data set has none. */
  readonly test: Evaluation | undefined
  /** Pictures that could not be used, and why. */
  readonly unusable: readonly Unusable[]
  /** The trained model as a safetensors file, with class names, preprocessing and how it was trained inside. */
  readonly model: Uint8Array
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
    const settings = settingsOf(options, data)
    const prepared = await prepareFor(source, data, options, settings)
    try {
      return yield* run(prepared, data, options, settings)
    } finally {
      prepared.trainer.dispose()
    }
  } finally {
    await data.close()
  }
}

/** Bytes of an optimiser's state for each parameter. */
const stateBytes = ({ optimizer, optimDtype }: Settings) =>
  optimizer === 'adamw' ? 8 : optimDtype === 'bfloat16' ? 2 : 4

async function prepareFor(
  source: CheckpointInput | undefined,
  { classes, validation }: Dataset,
  options: TrainOptions,
  settings: Settings,
): Promise<Prepared> {
  const { imageSize, signal, onNotice } = options
  const { batch, accumSteps, optimizer, weightDecay, freeze, select } = settings
  const load: LoadOptions = { ...options.load, imageSize, signal, onNotice }
  return prepare(source, {
    backend: await openTrainingBackend(load),
    ...{ load, freeze, accumSteps },
    classes: classes.length,
    together: batch / (accumSteps ?? 1),
    copies: {
      optimizer: stateBytes(settings),
      best: select === 'best' && validation.size > 0 ? 4 : 0,
    },
    optimizer:
      optimizer === 'sgd'
        ? sgd({ momentum: 0.9, accumulator: settings.optimDtype!, weightDecay })
        : adamw({ weightDecay, decays: (name) => /\.kernel(\.raw)?$/.test(name) }),
    learningRate: learningRate(settings),
    clip: settings.gradNormClip,
  })
}

async function* run(
  prepared: Prepared,
  data: Dataset,
  options: TrainOptions,
  settings: Settings,
): AsyncGenerator<TrainEvent, TrainResult, undefined> {
  const { trainer, optimizer, config, plan } = prepared
  const { signal, strict = false, cacheBytes, evalEvery = 100, checkpointEvery = 0 } = options
  const { totalSteps, select, augment, batch, labelSmoothing, seed } = settings
  const { imageSize: size, channels, classes } = config
  const recipe: Recipe = resolveRecipe(
    completeRecipe(options.load?.preprocess, plan.recipe, channels),
  )
  const reading = { strict, ...(cacheBytes !== undefined && { cacheBytes }) }
  const pictures = new Pictures(data.train, reading)
  const onSplit = (split: Pictures) =>
    evaluate(trainer, split, { size, recipe, channels, classes, together: 16, signal })
  const held = new Pictures(data.validation, reading)
  const best = new Best(select === 'best')
  const running = { trainer, optimizer, best }
  const facts = factsOf(prepared, data, settings)
  const from = options.resume && (await restoreState(options.resume, running, facts))
  const began = recordOf(prepared, data, settings)
  const modelFile = (came: Came) => {
    const metadata = { [recordKey]: JSON.stringify({ ...began, ...came }) }
    return savedModel(prepared, { labels: data.classes, metadata, signal })
  }
  const files = new Passing()
  const drawn = batches(pictures, {
    ...{ augment, size, recipe, channels, batch, classes, labelSmoothing, seed },
    ...(from && { from }),
    ...(signal && { signal }),
  })
  while (trainer.steps < totalSteps) {
    const { samples, next } = await nextOf(drawn)
    const start = performance.now()
    const made = await trainer.step(samples, { signal })
    const imagesPerSecond = (1000 * batch) / (performance.now() - start)
    yield { type: 'step', totalSteps, imagesPerSecond, ...made }
    const { step } = made
    const finished = step === totalSteps
    if (held.size > 0 && (finished || isDue(step, evalEvery))) {
      const evaluation = await onSplit(held)
      const isBest = best.offer(step, evaluation, trainer.parameters)
      const validation = scoreOf(step, evaluation)
      const model = files.now(modelFile({ step, finished, validation }))
      yield { type: 'evaluation', step, evaluation, isBest, model }
      files.pass()
    }
    if (checkpointEvery > 0 && (finished || isDue(step, checkpointEvery))) {
      yield { type: 'checkpoint', step, state: files.now(encodeState(running, facts, next)) }
      files.pass()
    }
  }
  await drawn.return()
  const step = await restoreBest(running)
  const tested = data.test && new Pictures(data.test, reading)
  const test = tested && (await onSplit(tested))
  const all = [pictures, held, ...(tested ? [tested] : [])]
  const unusable = [...data.unusable, ...all.flatMap(({ unusable }) => unusable)]
  const validation = best.score?.step === step ? best.score : undefined
  const came = { step, finished: true, validation, test: test && testRecord(test) }
  const model = await collectBytes(modelFile(came))
  return { labels: data.classes, step, best: best.score, test, unusable, model }
}

const isDue = (step: number, every: number) => every > 0 && step % every === 0

/**
 * Brings back the weights that did best, where they were kept.
 * @returns the update that made the weights which the trainer has then
 */
async function restoreBest({ trainer, best: { score, parameters } }: Running): Promise<number> {
  if (!score || !parameters || score.step === trainer.steps) return trainer.steps
  await trainer.restore(parameters, trainer.steps)
  return score.step
}

/** What decides the course of a run. */
function factsOf(
  { config: { imageSize, family }, fingerprint: checkpoint }: Prepared,
  { name, train: { size } }: Dataset,
  settings: Settings,
): RecipeFacts {
  const facts = {
    dataset: lastPart(name),
    pictures: size,
    family,
    checkpoint,
    imageSize: imageSize.join('x'),
  }
  const said = Object.entries(settings).filter(([, value]) => value !== undefined)
  return { ...facts, ...(Object.fromEntries(said) as RecipeFacts) }
}

/** Batches have no end; without pictures they throw. */
const nextOf = async (drawn: AsyncGenerator<Batch, void>): Promise<Batch> =>
  (await drawn.next()).value as Batch
