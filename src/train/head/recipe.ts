import { atLeast, type Field, type Fields, oneOf, signalField, whole } from '../../fields.ts'
import { DECAY_TYPES, type DecayType } from '../recipe/schedule.ts'

/** How a head is trained on features. The words are those of `train`, the defaults are made for heads. */
export interface HeadRecipe {
  /** Updates in all, from 1; by default so many that each picture is used ten times, 500 at least. */
  totalSteps?: number | undefined
  /** The learning rate at first, or after warm-up, above 0; 0.0005 by default. */
  baseLr?: number | undefined
  /** Updates during which the rate grows from 0; 0 by default. */
  warmupSteps?: number | undefined
  /** How the rate falls; `cosine` by default. */
  decayType?: DecayType | undefined
  /** Pictures of an update, from 1; 64 by default. */
  batch?: number | undefined
  /** `adamw`, or `sgd` with momentum 0.9; `adamw` by default. */
  optimizer?: 'sgd' | 'adamw' | undefined
  /** Shrinks the head's kernel at each update, from 0; 0 by default. */
  weightDecay?: number | undefined
  /** The most that the global norm of the gradient may be, above 0; 1 by default. */
  gradNormClip?: number | undefined
  /** How much of each target is spread over all classes, from 0 to less than 1; 0 by default. */
  labelSmoothing?: number | undefined
  /** What the order of pictures follows from, a whole number from 0; 0 by default. */
  seed?: number | undefined
}

/** Options of `HeadTrainer.train`. */
export interface HeadTrainOptions extends HeadRecipe {
  /** Updates from one evaluation of the held-out pictures to the next; 50 by default, 0 for one at the end. */
  evalEvery?: number | undefined
  /** Ends the training, which then throws the signal's reason. The head stays as it was before. */
  signal?: AbortSignal | undefined
}

/** Pictures of an update. */
const BATCH = 64
/** How often each picture is used at least. */
const EPOCHS = 10
const LEAST_STEPS = 500

/**
 * The recipe of a head. A head is a convex problem with few parameters: the release's rate of 0.03 with momentum, which
 * is made for all weights, overfits it, and its 10,000 updates of 512 pictures are not needed.
 * @param pictures that are trained on
 */
export function headRecipe(pictures: number, given: HeadRecipe = {}) {
  const { batch = BATCH } = given
  const totalSteps =
    given.totalSteps ?? Math.max(LEAST_STEPS, Math.ceil((EPOCHS * pictures) / batch))
  return {
    ...{ totalSteps, batch },
    baseLr: given.baseLr ?? 0.0005,
    warmupSteps: given.warmupSteps ?? 0,
    decayType: given.decayType ?? ('cosine' as const),
    optimizer: given.optimizer ?? ('adamw' as const),
    weightDecay: given.weightDecay ?? 0,
    gradNormClip: given.gradNormClip ?? 1,
    labelSmoothing: given.labelSmoothing ?? 0,
    seed: given.seed ?? 0,
  }
}

const above0: Field = {
  wanted: 'a number above 0',
  valid: (value) => typeof value === 'number' && value > 0,
}

const share: Field = {
  wanted: 'a number from 0 to less than 1',
  valid: (value) => typeof value === 'number' && value >= 0 && value < 1,
}

export const headTrainFields: Fields<HeadTrainOptions> = {
  totalSteps: whole(1),
  baseLr: above0,
  warmupSteps: whole(0),
  decayType: oneOf(...DECAY_TYPES),
  batch: whole(1),
  optimizer: oneOf('sgd', 'adamw'),
  weightDecay: atLeast(0),
  gradNormClip: above0,
  labelSmoothing: share,
  seed: whole(0),
  evalEvery: whole(0),
  signal: signalField,
}
