export type {
  CheckpointInput,
  DownloadProgress,
  LoadProgress,
  OpenOptions,
  Progress,
} from './checkpoint/checkpoint.ts'
export type { Resample } from './checkpoint/plan/resamples.ts'
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
export type { AnyConfig } from './families/architectures.ts'
export type { DualConfig } from './families/dual/config.ts'
export type { HybridConfig } from './families/hybrid/config.ts'
export type { MixerConfig } from './families/mixer/config.ts'
export type { VisionConfig } from './families/vision/config.ts'
export type { Classifier, Gelu, ViTConfig } from './families/vit/config.ts'
export { type Variant, variantConfig, variants } from './families/vit/variants.ts'
export type { HubOptions } from './hub/settings.ts'
export type { ImageInput, PageImage, RawImage, RGBImage } from './image/image.ts'
export { RECIPES, type Recipe, type RecipeName } from './image/preprocess/recipes.ts'
export { provideWasm } from './inlined/provide.ts'
export type { WasmFiles } from './inlined/wasm-files.ts'
export { type LabelSet, readLabels } from './labels.ts'
export { type LoadOptions, load } from './load.ts'
export type { AttentionMaps } from './model/attention.ts'
export type { LayerFeatures } from './model/features.ts'
export type { ImageModel } from './model/image-model.ts'
export type { InputEmbeddings } from './model/input-embeddings.ts'
export type {
  ClassifyOptions,
  DeviceOptions,
  EmbedOptions,
  FeaturesOptions,
  ImageOptions,
  LogitsOptions,
  RunOptions,
  TokensOptions,
} from './model/options.ts'
export type { PatchTokens, Pool } from './model/pools.ts'
export type { Prediction } from './model/predictions.ts'
export { readSynsets } from './synsets.ts'
