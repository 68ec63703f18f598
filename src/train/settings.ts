import { ArgumentError } from '../errors.ts'
import type { Augmentation } from '../image/augment/augment.ts'
import type { LoRA } from '../program/training/lora.ts'
import type { Dataset } from './data/dataset.ts'
import type { Freeze } from './freeze.ts'
import { checkApart, loraOf } from './lora.ts'
import type { TrainOptions } from './options.ts'
import { checkSchedule, type ScheduleOptions } from './recipe/schedule.ts'

/** What decides the course of a run: the options with all defaults. */
export interface Settings extends ScheduleOptions {
  /** Pictures of an update. */
  readonly batch: number
  /** Undefined where the pictures of an update are divided as it computes fastest. */
  readonly accumSteps: number | undefined
  /** The most that the global norm of the gradients may be. */
  readonly gradNormClip: number
  /** How weights are updated. */
  readonly optimizer: 'sgd' | 'adamw'
  /** Undefined for optimisers without an accumulator. */
  readonly optimDtype: 'bfloat16' | 'float32' | undefined
  /** Shrinks kernels at each update. */
  readonly weightDecay: number
  /** How much of each target is spread over all classes, 0 to 1. */
  readonly labelSmoothing: number
  /** What stays as it is. */
  readonly freeze: Freeze
  /** Undefined where no adapters are trained. */
  readonly lora: LoRA | undefined
  /** The decay of the average that is evaluated and comes out; undefined for none. */
  readonly ema: number | undefined
  /** How pictures are changed at random. */
  readonly augment: Augmentation
  /** What all random numbers follow from. */
  readonly seed: number
  /** Which weights come out: the best on the validation pictures, or the last. */
  readonly select: 'best' | 'last'
}

/** The recipes of the release: for CIFAR, and for data sets of one's own. */
const steps = {
  cifar: { totalSteps: 10_000, warmupSteps: 500 },
  own: { totalSteps: 500, warmupSteps: 100 },
}

/**
 * Completes options that are right one by one.
 * @throws ArgumentError naming options that contradict each other
 */
export function settingsOf(
  options: TrainOptions,
  { published, validation }: Pick<Dataset, 'published' | 'validation'>,
): Settings {
  const usual = published ? steps.cifar : steps.own
  const { totalSteps = usual.totalSteps, baseLr = 0.03, decayType = 'cosine' } = options
  const { warmupSteps = Math.min(usual.warmupSteps, Math.floor(totalSteps / 5)) } = options
  const schedule = { totalSteps, baseLr, decayType, warmupSteps }
  checkSchedule(schedule)
  const { batch = 512, accumSteps, optimizer = 'sgd', optimDtype } = options
  if (accumSteps !== undefined && batch % accumSteps !== 0) {
    throw new ArgumentError(
      `accumSteps is ${accumSteps} and batch ${batch}: a batch is cut into equal parts. Choose a batch that accumSteps divides.`,
    )
  }
  if (optimizer === 'adamw' && optimDtype !== undefined) {
    throw new ArgumentError(
      `optimDtype is the type of the accumulator of sgd, and optimizer is adamw, whose means are float32. Leave out one of them.`,
    )
  }
  if (options.select === 'best' && validation.size === 0) {
    throw new ArgumentError(
      `select is 'best', and there are no validation pictures to choose by. Hold some out (validation), or select 'last'.`,
    )
  }
  checkConfig(options)
  checkApart(options.lora, options.freeze)
  const lora = options.lora === undefined ? undefined : loraOf(options.lora)
  const { gradNormClip = 1, weightDecay = 0, labelSmoothing = 0 } = options
  const {
    ema,
    freeze = lora ? 'backbone' : 'none',
    augment = 'inception',
    seed = 0,
    select = 'best',
  } = options
  return {
    ...schedule,
    ...{ batch, accumSteps, gradNormClip, optimizer, weightDecay, labelSmoothing },
    optimDtype: optimizer === 'sgd' ? (optimDtype ?? 'bfloat16') : undefined,
    ...{ freeze, lora, ema, augment, seed, select },
  }
}

/** @throws ArgumentError for what the checkpoint's config can't say, since the data set or another option does */
function checkConfig({ load, imageSize }: TrainOptions): void {
  const { config } = load ?? {}
  if (config?.classes !== undefined) {
    throw new ArgumentError(
      'The new head has the classes of the data set: leave out load.config.classes.',
    )
  }
  if (config?.imageSize !== undefined && imageSize !== undefined) {
    throw new ArgumentError(
      'The image size is given twice, as imageSize and as load.config.imageSize. Leave out one of them.',
    )
  }
}
