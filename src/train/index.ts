export type { Augmentation } from './augment/augment.ts'
export type { Unusable } from './data/dataset.ts'
export type { DatasetFile, DatasetInput } from './data/open.ts'
export {
  type DatasetEvaluation,
  type EvaluatedModel,
  type EvaluatedSplit,
  type EvaluateOptions,
  evaluate,
} from './evaluate.ts'
export type { ClassScore, Confusion, Evaluation, Mistake } from './evaluation/evaluation.ts'
export type { EvaluationProgress } from './evaluation/split.ts'
export type { Trained } from './freeze.ts'
export type { TrainOptions } from './options.ts'
export type { DecayType } from './recipe/schedule.ts'
export { type TrainEvent, type TrainResult, type TrainStart, train } from './train.ts'
export type { Step } from './trainer.ts'
