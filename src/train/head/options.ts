import type { CheckpointInput, Progress } from '../../checkpoint/checkpoint.ts'
import { callback, type Fields, isArrayOf, record, signalField } from '../../fields.ts'
import { type LoadOptions, loadFields } from '../../load-options.ts'

/** Options of `createHeadTrainer`. */
export interface HeadTrainerOptions {
  /** The names of classes, in the order of the logits; by default they come with the pictures. */
  labels?: readonly string[] | undefined
  /** The share of each class that is held out for evaluation, from 0 to less than 1; 0.1 by default. */
  validation?: number | undefined
  /** What `save` of another trainer made: a path, a URL, a `Blob` or bytes. Leave out `labels` then. */
  project?: CheckpointInput | undefined
  /**
   * How the checkpoint is loaded and what computes features, as for `load`. With `dtype` `int8` they take half the time
   * and are a little less exact.
   */
  load?: Omit<LoadOptions, 'signal' | 'labels' | 'onProgress'> | undefined
  /** Receives how far the checkpoint is read. */
  onProgress?: ((progress: Progress) => void) | undefined
  /** Aborts the loading. */
  signal?: AbortSignal | undefined
}

const { signal: _, labels: __, onProgress: ___, ...forLoad } = loadFields

export const headTrainerFields: Fields<HeadTrainerOptions> = {
  labels: {
    wanted: 'an array of different texts',
    valid: (value) =>
      isArrayOf(value, (one) => typeof one === 'string' && one !== '') &&
      new Set(value).size === value.length,
  },
  validation: {
    wanted: 'a number from 0 to less than 1',
    valid: (value) => typeof value === 'number' && value >= 0 && value < 1,
  },
  project: { wanted: 'a saved project', valid: (value) => value !== null },
  load: record(forLoad),
  onProgress: callback,
  signal: signalField,
}
