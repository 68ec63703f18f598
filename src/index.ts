export type {
  CheckpointInput,
  DownloadProgress,
  LoadProgress,
  OpenOptions,
  Progress,
} from './checkpoint/checkpoint.ts'
export type { Resample } from './checkpoint/position.ts'
export {
  ArgumentError,
  CheckpointError,
  DisposedError,
  FormatError,
  GpuError,
  LimitError,
  MemoryError,
  NumericError,
  SourceError,
  UnsupportedError,
  VitrineError,
  WorkerError,
} from './errors.ts'
export type { HubOptions } from './hub/settings.ts'
export type { ImageInput, RawImage, RGBImage } from './image/image.ts'
export { RECIPES, type Recipe, type RecipeName } from './image/preprocess/recipes.ts'
export { type LoadOptions, load } from './load.ts'
export type { Classifier, Gelu, ViTConfig } from './models/config.ts'
export { type LabelSet, readLabels, readSynsets } from './models/labels.ts'
export { type Variant, variantConfig, variants } from './models/variants.ts'
export type {
  AttentionMaps,
  ClassifyOptions,
  DeviceOptions,
  EmbedOptions,
  ImageOptions,
  LogitsOptions,
  Prediction,
  RunOptions,
  ViT,
} from './vit.ts'
