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
import type { AnyConfig } from './families/architectures.ts'
import { configFields } from './families/vit/config.ts'
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
  validOptions,
  whole,
} from './fields.ts'
import { hubFields } from './hub/options.ts'
import type { HubOptions } from './hub/settings.ts'
import type { Recipe, RecipeName } from './image/preprocess/recipes.ts'
import { recipeFields, resolveRecipe } from './image/preprocess/resolve-recipe.ts'
import { isSide, MAX_SIDE } from './image/preprocess/sides.ts'
import { type LabelSet, labelsField } from './labels.ts'
import type { Merge } from './model/token-merging.ts'

const backendNames = ['wasm', 'webgpu', 'auto', 'tfjs', 'reference'] as const

export type BackendName = (typeof backendNames)[number]

/** Options of `load`. */
export interface LoadOptions extends OpenOptions, WasmOptions {
  /** The published variant that the checkpoint must have, such as `ViT-B_16`; by default its tensors determine it. */
  variant?: string | undefined
  /** Fields that the checkpoint does not determine, or that should differ from it. */
  config?: Partial<AnyConfig> | undefined
  /**
   * What computes; `wasm` by default. `webgpu` runs on a GPU, and `auto` on the faster of both; without a GPU they
   * are `wasm`, and `vit.backend` says why. `tfjs` is TensorFlow.js, which the program must have installed.
   * `reference` is float64 in plain TypeScript, slow and exact.
   */
  backend?: BackendName | undefined
  /** Options of the backends `webgpu` and `auto`. */
  webgpu?: WebgpuOptions | undefined
  /** Options of the backend `tfjs`. */
  tfjs?: TfjsOptions | undefined
  /**
   * How images become pixels: the name of a recipe, or fields of one that should differ. By default what the file or the
   * files beside it say, else the recipe of the checkpoint's publisher.
   */
  preprocess?: RecipeName | Partial<Recipe> | undefined
  /**
   * Another input size than the checkpoint's, in pixels, 1 to 8192: one side, or height and width. The position
   * embeddings are resized.
   */
  imageSize?: number | readonly [height: number, width: number] | undefined
  /** The rule that resizes them; by default that of the checkpoint's publisher. */
  resample?: Resample | undefined
  /** The grid of patches of the file's position embedding, if it is not square and the file does not say it. */
  storedGrid?: readonly [rows: number, columns: number] | undefined
  /**
   * Merges tokens that are alike (ToMe, Bolya et al. 2023): so many in each block, from 0, or as many as each number says
   * of its block; a block merges at most half. Faster, and somewhat less accurate; needs no training. `auto` takes the
   * largest number that costs less than one point of accuracy where that was measured. Not on `tfjs`.
   */
  merge?: Merge | undefined
  /**
   * For a file with several models: the beginning of the names of its tensors to read, such as `student.backbone`. By
   * default the only complete model, or an average (`teacher`, `ema`) of several.
   */
  prefix?: string | undefined
  /**
   * Class names in the order of the logits, or a data set whose names come with the package. By default the
   * checkpoint's names, else ImageNet's if the number of classes is theirs.
   */
  labels?: readonly string[] | LabelSet | undefined
  /**
   * Whether to read `config.json` and the like beside the weights, for checkpoints with tensor names of Hugging Face or
   * timm; true by default.
   */
  neighbours?: boolean | undefined
  /** Receives notices, such as what had to be assumed about a checkpoint; by default they go to the console. */
  onNotice?: ((message: string) => void) | undefined
  /** Where published checkpoints are downloaded from, and where they are kept. */
  hub?: HubOptions | undefined
}

const imageSizeField: Field = {
  wanted: `a whole number from 1 to ${MAX_SIDE}, or two of them, [height, width]`,
  valid: (value) => isSide(value) || (isArrayOf(value, isSide) && value.length === 2),
}

const mergeField: Field = {
  wanted: "a whole number from 0, one for each block, or 'auto'",
  valid: (value) => value === 'auto' || whole(0).valid(value) || isArrayOf(value, whole(0).valid),
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
  merge: mergeField,
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

/** Other families than the plain ViT have other fields; which one a checkpoint is of is not known yet. */
async function fieldsFor(given: LoadOptions | undefined): Promise<Fields<LoadOptions>> {
  if (given?.config === undefined || validOptions(configFields, given.config)) return loadFields
  const { configFields: all } = await import('./families/architectures.ts')
  return { ...loadFields, config: record(all) }
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
export async function readLoadOptions(given: LoadOptions | undefined): Promise<LoadOptions> {
  const options = readOptions<LoadOptions>('load', await fieldsFor(given), given)
  const { backend = 'wasm', dtype, preprocess, imageSize, config } = options
  const limits = only[backend]
  if (options.merge !== undefined && backend === 'tfjs') {
    throw new UnsupportedError(
      'The backend tfjs does not merge tokens; leave out merge, or choose another backend.',
    )
  }
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
