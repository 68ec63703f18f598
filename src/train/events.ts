import type { Score } from './best.ts'
import type { Unusable } from './data/dataset.ts'
import type { Evaluation } from './evaluation/evaluation.ts'
import type { EvaluationProgress } from './evaluation/split.ts'
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
 * an evaluation of held-out pictures is done, or a state that can be saved.
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
