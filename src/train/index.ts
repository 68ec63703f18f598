export type { Augmentation } from '../image/augment/augment.ts'
export type { Score } from './best.ts'
export type { Unusable } from './data/dataset.ts'
export type { DirectoryHandle } from './data/directory-handle.ts'
export type { DatasetFile, DatasetInput } from './data/open.ts'
export type { DataOptions } from './data/options.ts'
export {
  type DatasetEvaluation,
  type EvaluatedModel,
  type EvaluatedSplit,
  type EvaluateOptions,
  evaluate,
} from './evaluate.ts'
export type { ClassScore, Confusion, Evaluation, Mistake } from './evaluation/evaluation.ts'
export type { EvaluationProgress } from './evaluation/split.ts'
export type { TrainEvent, TrainResult, TrainStart } from './events.ts'
export type { Freeze } from './freeze.ts'
export { createHeadTrainer } from './head/create.ts'
export type { Example } from './head/examples.ts'
export type { ExportOptions } from './head/export.ts'
export type {
  Added,
  AddOptions,
  HeadProgress,
  HeadSample,
  HeadTrainer,
} from './head/head-trainer.ts'
export type { HeadTrainerOptions } from './head/options.ts'
export type { HeadRecipe, HeadTrainOptions } from './head/recipe.ts'
export type { LoRAOptions } from './lora.ts'
export type { TrainOptions } from './options.ts'
export type { DecayType } from './recipe/schedule.ts'
export type { TestRecord, TrainingRecord } from './record.ts'
export type { Settings } from './settings.ts'
export { train } from './train.ts'
export type { Step } from './trainer.ts'
