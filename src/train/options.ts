import type { CheckpointInput } from '../checkpoint/checkpoint.ts'
import { configFields } from '../families/architectures.ts'
import {
  atLeast,
  callback,
  type Field,
  type Fields,
  flag,
  oneOf,
  record,
  signalField,
  whole,
} from '../fields.ts'
import { AUGMENTATIONS, type Augmentation } from '../image/augment/augment.ts'
import { type LoadOptions, loadFields } from '../load-options.ts'
import { type DataOptions, dataFields } from './data/options.ts'
import type { Freeze } from './freeze.ts'
import { type LoRAOptions, loraField } from './lora.ts'
import { DECAY_TYPES, type DecayType } from './recipe/schedule.ts'

/** Options of `train`. The defaults are those of the release (vit_jax/configs). */
export interface TrainOptions extends DataOptions {
  /** Updates in all, from 1; by default 10,000 for CIFAR, 500 for other data sets. */
  totalSteps?: number | undefined
  /** The learning rate after warm-up, above 0; 0.03 by default. */
  baseLr?: number | undefined
  /** Updates during which the rate grows from 0; by default 500 for CIFAR, 100 for other data sets, at most a fifth of `totalSteps`. */
  warmupSteps?: number | undefined
  /** How the rate falls after warm-up; `cosine` by default. */
  decayType?: DecayType | undefined
  /** Pictures of an update, from 1; 512 by default. */
  batch?: number | undefined
  /**
   * How many equal parts a batch is computed in, one after the other; their gradients are averaged, as the release does.
   * The result is the same but for rounding, and values of one part are in memory at most. By default the parts are as
   * large as computes fastest and fits.
   */
  accumSteps?: number | undefined
  /** The most that the global norm of the gradients may be, above 0; 1 by default. */
  gradNormClip?: number | undefined
  /** `sgd` with momentum 0.9, as the release, or `adamw`; `sgd` by default. */
  optimizer?: 'sgd' | 'adamw' | undefined
  /** The type of SGD's accumulator; `bfloat16`, as the release's, by default. */
  optimDtype?: 'bfloat16' | 'float32' | undefined
  /** Shrinks kernels at each update, from 0; 0 by default. Vectors, position embeddings and class tokens stay. */
  weightDecay?: number | undefined
  /** How much of each target is spread over all classes, 0 to 1; 0 by default. */
  labelSmoothing?: number | undefined
  /** What stays as it is: `none`, the `backbone` (only the head is trained), or the first blocks, so many; `none` by default. */
  freeze?: Freeze | undefined
  /**
   * Trains low-rank adapters of the queries, keys and values, and the head, with `freeze` left out: the rank, from 1, or
   * `{ rank, alpha }`, where alpha is the rank by default. The model that comes out has them merged.
   */
  lora?: LoRAOptions | undefined
  /**
   * Keeps an exponential moving average of what is trained, which is evaluated and comes out instead: what an update
   * keeps of it, from 0 to below 1, such as 0.9999. It warms up as TensorFlow's.
   */
  ema?: number | undefined
  /** How pictures are changed at random; `inception`, as in the release, by default. */
  augment?: Augmentation | undefined
  /** The input's side, or height and width, in pixels; the checkpoint's by default. */
  imageSize?: number | readonly [height: number, width: number] | undefined
  /** Updates from one evaluation of the validation pictures to the next; 100 by default, 0 for none. */
  evalEvery?: number | undefined
  /** Updates from one saved state to the next, and one at the end; 0, none, by default. */
  checkpointEvery?: number | undefined
  /** A saved state to go on from, of a run with the same options: its bytes, a `Blob`, or a path. */
  resume?: CheckpointInput | undefined
  /**
   * Which weights come out: the `best` on the validation pictures, by accuracy, then by loss, or the `last`; `best` by
   * default if there are validation pictures.
   */
  select?: 'best' | 'last' | undefined
  /** What all random numbers follow from, a whole number from 0; 0 by default. */
  seed?: number | undefined
  /** Whether classes may lack training pictures, instead of being an error; false by default. */
  allowEmptyClasses?: boolean | undefined
  /** Whether a picture that can't be read is an error, instead of being left out; false by default. */
  strict?: boolean | undefined
  /** The longer side of thumbnails of the most wrong pictures, in pixels; 0, none, by default. */
  thumbnails?: number | undefined
  /** Bytes of decoded pictures that are kept in memory; 256 MiB by default. */
  cacheBytes?: number | undefined
  /** How the checkpoint is read and what computes, as for `load`. */
  load?: Omit<LoadOptions, 'imageSize' | 'signal' | 'labels' | 'merge'> | undefined
  /** Receives notices; by default they go to the console. */
  onNotice?: ((message: string) => void) | undefined
  /** Ends the training, which then throws the signal's reason. */
  signal?: AbortSignal | undefined
}

const share: Field = {
  wanted: 'a number from 0 to less than 1',
  valid: (value) => typeof value === 'number' && value >= 0 && value < 1,
}

const freeze: Field = {
  wanted: "'none', 'backbone', or a number of blocks from 1",
  valid: (value) => value === 'none' || value === 'backbone' || whole(1).valid(value),
}

const above0: Field = {
  wanted: 'a number above 0',
  valid: (value) => typeof value === 'number' && value > 0,
}

// Of all families, since which one a checkpoint is of is not known yet.
const {
  imageSize,
  signal: _,
  labels: __,
  merge: ___,
  ...forLoad
} = { ...loadFields, config: record(configFields) }

const isState = (value: unknown) =>
  typeof value === 'string' ||
  [Uint8Array, ArrayBuffer, Blob, URL].some((type) => value instanceof type)

export const trainFields: Fields<TrainOptions> = {
  ...dataFields,
  totalSteps: whole(1),
  baseLr: above0,
  warmupSteps: whole(0),
  decayType: oneOf(...DECAY_TYPES),
  batch: whole(1),
  accumSteps: whole(1),
  gradNormClip: above0,
  optimizer: oneOf('sgd', 'adamw'),
  optimDtype: oneOf('bfloat16', 'float32'),
  weightDecay: atLeast(0),
  labelSmoothing: share,
  freeze,
  lora: loraField,
  ema: share,
  augment: oneOf(...AUGMENTATIONS),
  imageSize,
  evalEvery: whole(0),
  checkpointEvery: whole(0),
  resume: { wanted: 'a saved state: bytes, a Blob or a path', valid: isState },
  select: oneOf('best', 'last'),
  seed: whole(0),
  allowEmptyClasses: flag,
  strict: flag,
  thumbnails: whole(0, 1024),
  cacheBytes: atLeast(0),
  load: record(forLoad),
  onNotice: callback,
  signal: signalField,
}
