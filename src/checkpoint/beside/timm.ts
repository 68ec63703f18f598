import { UnsupportedError } from '../../errors.ts'
import {
  PILLOW_FILTERS,
  type PillowFilter,
  RECIPES,
  type Recipe,
} from '../../image/preprocess/recipes.ts'
import {
  channelsField,
  excerpt,
  field,
  isFlag,
  isObject,
  isPositive,
  isText,
  type Json,
  type JsonFile,
  refuse,
  sizeField,
} from './json.ts'
import { type ClassNames, parseClassNames } from './labels.ts'

export const isTimmConfig = ({ json }: JsonFile) =>
  isObject(json.pretrained_cfg) || (isText(json.architecture) && json.model_type === undefined)

/** The parts of timm's `config.json`, whatever the family. */
export interface TimmConfig {
  readonly file: JsonFile
  /** How the model was trained and evaluated. */
  readonly cfg: JsonFile
  /** What its constructor was given. */
  readonly args: JsonFile
  /** Its name, without the tag of its weights. */
  readonly architecture: string | undefined
}

/**
 * timm's `config.json`: how a model was built, evaluated, and what its classes are called. Also as
 * transformers' `timm_wrapper` keeps it, and as timm wrote it before it had a `pretrained_cfg`.
 * @throws FormatError naming a field that makes no sense
 */
export function timmConfig(file: JsonFile): TimmConfig {
  const { name, json } = file
  return {
    file,
    cfg: { name, json: isObject(json.pretrained_cfg) ? json.pretrained_cfg : json },
    args: { name, json: isObject(json.model_args) ? json.model_args : {} },
    architecture: field(file, 'architecture', isText, 'a name')?.replace(/\..*/, ''),
  }
}

/** Arguments that change what is computed and that no tensor shows, with a value that changes nothing. */
const unshown: Json = {
  norm_layer: undefined,
  block_fn: undefined,
  attn_layer: undefined,
  attn_type: 'eva',
  rope_type: undefined,
  rope_grid_offset: undefined,
  rope_grid_indexing: undefined,
  rope_rotate_half: undefined,
  rope_shift_coords: undefined,
  use_rot_pos_emb: undefined,
  use_post_norm: false,
  num_kv_heads: undefined,
  dynamic_img_pad: false,
}

/** @throws UnsupportedError naming an argument with which another model is computed */
export function refuseArguments({ args: { name, json } }: TimmConfig): void {
  for (const [key, harmless] of Object.entries(unshown)) {
    const value = json[key]
    if (value === undefined || value === null || value === harmless) continue
    throw new UnsupportedError(
      `${name} says ${key} ${excerpt(value)} in its model_args, and no model with another ${key} than its architecture's is run.`,
    )
  }
}

/**
 * The size that the model takes, and the one that its position embedding was made for. They differ
 * where timm resizes the embedding while it runs (`dynamic_img_size`).
 */
export function timmSizes({ cfg, args }: TimmConfig): {
  imageSize?: Size | undefined
  storedSize?: Size | undefined
} {
  const built = sizeField(args, 'img_size')
  const input = field(cfg, 'input_size', isInput, 'three whole numbers, [channels, height, width]')
  const taken = input && ([input[1], input[2]] as const)
  const isDynamic = field(args, 'dynamic_img_size', isFlag, 'true or false') ?? false
  if (isDynamic) return { imageSize: taken, storedSize: built }
  return { imageSize: built ?? taken, storedSize: built ?? taken }
}

type Size = readonly [height: number, width: number]

const isInput = (value: unknown): value is readonly [number, number, number] =>
  Array.isArray(value) &&
  value.length === 3 &&
  value.every((side) => Number.isSafeInteger(side) && side > 0)

/** timm's `resolve_data_config`, with its defaults, and the evaluation transform that it leads to. */
export function timmRecipe({ cfg }: TimmConfig): Recipe {
  const imagenet = RECIPES['timm-dinov2']
  return {
    ...RECIPES.timm,
    mean: channelsField(cfg, 'mean') ?? imagenet.mean,
    std: channelsField(cfg, 'std') ?? imagenet.std,
    filter: filterOf(cfg),
    cropFraction: cropOf(cfg),
    fit: fitOf(cfg),
  }
}

function filterOf(cfg: JsonFile): PillowFilter {
  const name = field(cfg, 'interpolation', isText, 'a name') || 'bicubic'
  return PILLOW_FILTERS.find((filter) => filter === name) ?? refuse(cfg, 'interpolation')
}

function cropOf(cfg: JsonFile): number {
  const part = field(cfg, 'crop_pct', isPositive, 'a number above 0') ?? 0.875
  return part <= 1 ? part : refuse(cfg, 'crop_pct')
}

const fits: Readonly<Record<string, Recipe['fit']>> = {
  center: 'shorter',
  squash: 'squash',
  border: 'longer',
}

function fitOf(cfg: JsonFile): Recipe['fit'] {
  const mode = field(cfg, 'crop_mode', isText, 'a name') || 'center'
  return Object.hasOwn(fits, mode) ? fits[mode]! : refuse(cfg, 'crop_mode')
}

/** The descriptions where every class has one, as people read them; else the names, perhaps synsets. */
export function timmNames({ file: { name, json }, cfg }: TimmConfig): ClassNames | undefined {
  const stored = json.label_names ?? cfg.json.label_names ?? json.labels ?? cfg.json.labels
  const names = parseClassNames(stored, name, 'label_names')
  const descriptions = json.label_descriptions ?? cfg.json.label_descriptions
  if (!names || !isObject(descriptions)) return names
  const described = [...names].map(([place, label]) => [place, descriptions[label]] as const)
  return described.every((entry): entry is readonly [number, string] => isText(entry[1]))
    ? new Map(described)
    : names
}
