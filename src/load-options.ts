import { type Dtype, dtypes } from './backends/backend.ts'
import { tfjsFields } from './backends/tfjs/fields.ts'
import type { TfjsOptions } from './backends/tfjs/tfjs.ts'
import { wasmFields } from './backends/wasm/fields.ts'
import type { WasmOptions } from './backends/wasm/wasm.ts'
import { type WebgpuOptions, webgpuFields } from './backends/webgpu/options.ts'
import { readOptions, readRecord } from './check-fields.ts'
import type { OpenOptions } from './checkpoint/checkpoint.ts'
import { type Resample, resamples } from './checkpoint/plan/resamples.ts'
import { ArgumentError, UnsupportedError } from './errors.ts'
import { configFields } from './families/architectures.ts'
import type { ViTConfig } from './families/vit/config.ts'
import {
  atLeast,
  callback,
  type Field,
  type Fields,
  flag,
  isArrayOf,
  oneOf,
  record,
  signalField,
  text,
  whole,
} from './fields.ts'
import { hubFields } from './hub/options.ts'
import type { HubOptions } from './hub/settings.ts'
import type { Recipe, RecipeName } from './image/preprocess/recipes.ts'
import { recipeFields, resolveRecipe } from './image/preprocess/resolve-recipe.ts'
import { isSide, MAX_SIDE } from './image/preprocess/sides.ts'
import { type LabelSet, labelsField } from './labels.ts'

const backendNames = ['wasm', 'webgpu', 'auto', 'tfjs', 'reference'] as const

export type BackendName = (typeof backendNames)[number]

export interface LoadOptions extends OpenOptions, WasmOptions {
  /** The published variant that the checkpoint must be, `ViT-B_16`; else its tensors tell. */
  variant?: string | undefined
  /** What the tensors do not tell, or what is wanted otherwise; see ViTConfig. */
  config?: Partial<ViTConfig> | undefined
  /**
   * `wasm` unless said otherwise. `webgpu` has kernels for GPUs, `auto` is what is faster of both here,
   * and says why in `vit.backend`; without a GPU they are `wasm`. `tfjs` is TensorFlow.js, which the
   * program has or has installed; `reference` is float64 in plain TypeScript, slow and exact.
   */
  backend?: BackendName | undefined
  /** For `webgpu` and `auto`. */
  webgpu?: WebgpuOptions | undefined
  /** For `tfjs`: the namespace, and which backend of it. */
  tfjs?: TfjsOptions | undefined
  /**
   * A recipe's name, or the fields of a recipe that are to differ; else what the file or what lies beside
   * it says, else what the checkpoint's publisher uses.
   */
  preprocess?: RecipeName | Partial<Recipe> | undefined
  /** Another input size than the checkpoint's, in pixels: the position embeddings are resized. */
  imageSize?: number | readonly [height: number, width: number] | undefined
  /** The rule by which they are resized; that of the checkpoint's publisher unless said otherwise. */
  resample?: Resample | undefined
  /** The rows and columns of patches that the file's position embedding was made for, where it can't tell. */
  storedGrid?: readonly [rows: number, columns: number] | undefined
  /**
   * Of a file with several models: what the names of the wanted one's tensors begin with, such as
   * `student.backbone`. Unless told it is the only complete one, or an average (`teacher`, `ema`).
   */
  prefix?: string | undefined
  /** Class names in the order of the logits, or the data set whose names are known; ImageNet's are found. */
  labels?: readonly string[] | LabelSet | undefined
  /**
   * Whether `config.json` and the like beside the weights are read, of checkpoints named as Hugging Face's
   * or timm's are; true unless said otherwise.
   */
  neighbours?: boolean | undefined
  /** Takes what went otherwise than one expects, such as what had to be assumed; the console unless given. */
  onNotice?: ((message: string) => void) | undefined
  /** Where published checkpoints come from, and where they are kept. */
  hub?: HubOptions | undefined
}

const imageSizeField: Field = {
  wanted: `a whole number from 1 to ${MAX_SIDE}, or two of them, [height, width]`,
  valid: (value) => isSide(value) || (isArrayOf(value, isSide) && value.length === 2),
}

/** What a recipe must be, `resolveRecipe` says in more detail. */
const recipeField: Field = {
  wanted: "a recipe's name, or a recipe",
  valid: (value) => typeof value === 'string' || (typeof value === 'object' && value !== null),
}

export const loadFields: Fields<LoadOptions> = {
  variant: text,
  config: record(configFields),
  backend: oneOf(...backendNames),
  dtype: oneOf(...dtypes),
  ...wasmFields,
  webgpu: record(webgpuFields),
  tfjs: record(tfjsFields),
  preprocess: recipeField,
  imageSize: imageSizeField,
  resample: oneOf(...resamples),
  storedGrid: {
    wanted: 'two whole numbers from 1, [rows, columns]',
    valid: (value) => isArrayOf(value, whole(1).valid) && value.length === 2,
  },
  prefix: text,
  labels: labelsField,
  neighbours: flag,
  onNotice: callback,
  hub: record(hubFields),
  maxBytes: atLeast(0),
  onProgress: callback,
  signal: signalField,
}

/** The types in which a backend computes, where it has not all of them. */
const only: { readonly [Name in BackendName]?: readonly [who: string, type: Dtype, how: string] } =
  {
    reference: ['The reference backend', 'f32', 'float64'],
    tfjs: ['TensorFlow.js', 'f32', 'f32'],
  }

/**
 * Reads the options of `load`, before anything else is done.
 * @throws ArgumentError for options and values that do not exist, UnsupportedError for those that no
 *   backend can serve together
 */
export function readLoadOptions(given: LoadOptions | undefined): LoadOptions {
  const options = readOptions<LoadOptions>('load', loadFields, given)
  const { backend = 'wasm', dtype, preprocess, imageSize, config } = options
  const limits = only[backend]
  if (limits && dtype !== undefined && dtype !== limits[1]) {
    throw new UnsupportedError(`${limits[0]} computes in ${limits[2]} only, not in ${dtype}.`)
  }
  if (imageSize !== undefined && config?.imageSize) {
    throw new ArgumentError('imageSize is given twice, as an option and in config.')
  }
  if (preprocess === undefined) return options
  if (typeof preprocess === 'object') {
    // Whether its fields go together shows when it is completed.
    return { ...options, preprocess: readRecord('preprocess', recipeFields, preprocess) }
  }
  resolveRecipe(preprocess)
  return options
}
