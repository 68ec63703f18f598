import { PILLOW_FILTERS, type PillowFilter } from '../../image/preprocess/pillow-resize.ts'
import { RECIPES, type Recipe } from '../../image/preprocess/recipes.ts'
import type { Classifier, ViTConfig } from '../../models/config.ts'
import { type Given, givesRecipe } from '../description.ts'
import type { Facts } from './facts.ts'
import {
  channelsField,
  field,
  isFlag,
  isObject,
  isPositive,
  isText,
  type JsonFile,
  refuse,
  sizeField,
  wholeField,
} from './json.ts'
import { type ClassNames, parseClassNames } from './labels.ts'

export const isTimmConfig = ({ json }: JsonFile) =>
  isObject(json.pretrained_cfg) || (isText(json.architecture) && json.model_type === undefined)

/** The heads of an architecture, by a word in its name, whatever the width is said to be. */
const headsByName: readonly (readonly [name: RegExp, heads: number])[] = [
  [/^test_vit2?$/, 2],
  [/^test_vit[34]$/, 3],
  [/^(vit|deit|deit3|flexivit)_tiny/, 3],
  [/^vit_(xsmall|wee|pwee|dwee|dpwee)_/, 4],
  [/^vit_d?little_/, 5],
  [/^(vit|deit|deit3|flexivit)_small/, 6],
  [/^(vit|deit3)_(medium|mediumd)_/, 8],
  [/^vit_betwixt_/, 10],
  [/^vit_base_patch16_gap_224$/, 16],
  [/^vit_base_patch\d+_plus_/, 14],
  [/^(vit|deit|deit3|flexivit)_base/, 12],
  [/^vit_so150m2_/, 13],
  [/^vit_so150m_/, 14],
  [/^(vit|deit3|flexivit)_(large|huge|so400m|giantopt|gigantic|intern300m)/, 16],
  [/^(vit_giant_patch14_(clip_)?224|vit_giant_patch16_gap_224|eva_large_patch14_\d+)$/, 16],
]

/** Architectures of SigLIP 2, which have the other GELU than timm's. */
const tanhNames =
  /^vit_((so400m|giantopt)_patch16_siglip|base_patch32_siglip|large_patch16_siglip(_gap)?_512)/

/**
 * timm's `config.json`: how a model was built, evaluated, and what its classes are called. Also as
 * transformers' `timm_wrapper` keeps it, and as timm wrote it before it had a `pretrained_cfg`.
 * @throws UnsupportedError naming what is computed otherwise here; FormatError naming a field that makes
 *   no sense
 */
export function readTimmConfig(file: JsonFile, given: Given): Facts {
  const { name, json } = file
  const cfg: JsonFile = { name, json: isObject(json.pretrained_cfg) ? json.pretrained_cfg : json }
  const args: JsonFile = { name, json: isObject(json.model_args) ? json.model_args : {} }
  const architecture = field(file, 'architecture', isText, 'a name')?.replace(/\..*/, '')
  const heads =
    wholeField(args, 'num_heads') ??
    headsByName.find(([sign]) => architecture !== undefined && sign.test(architecture))?.[1]
  const classifier = given.config?.classifier ? undefined : classifierOf(file, args)
  const { imageSize, storedSize } = imageSizes(cfg, args)
  const isTanh = architecture !== undefined && tanhNames.test(architecture)
  return {
    config: {
      ...(heads !== undefined && { heads }),
      ...(classifier && { classifier }),
      ...(isTanh && { gelu: 'tanh' }),
      ...actOf(args, given),
      ...(imageSize && { imageSize }),
    },
    ...(storedSize && { storedSize, sizeIsCertain: args.json.img_size != null }),
    ...(!givesRecipe(given) && { preprocess: recipeOf(cfg) }),
    claims: {
      width: wholeField(args, 'embed_dim'),
      depth: wholeField(args, 'depth'),
      patchSize: sizeField(args, 'patch_size'),
      channels: wholeField(args, 'in_chans'),
      qkvBias: field(args, 'qkv_bias', isFlag, 'true or false'),
    },
    names: namesOf(file, cfg),
  }
}

/** What the pooling is; only what the tensors don't show needs to be looked at. */
function classifierOf(file: JsonFile, args: JsonFile): Classifier | undefined {
  const pool =
    field(args, 'global_pool', isText, 'a name') ?? field(file, 'global_pool', isText, 'a name')
  if (args.json.pool_include_prefix === true)
    refuse(args, 'pool_include_prefix', 'config.classifier')
  if (pool === undefined || pool === 'token') return pool
  if (pool === 'avg') return 'gap'
  return refuse(
    { name: file.name, json: { global_pool: pool } },
    'global_pool',
    'config.classifier',
  )
}

const layers: Readonly<Record<string, ViTConfig['gelu']>> = { gelu: 'erf', gelu_tanh: 'tanh' }

function actOf(args: JsonFile, given: Given): Partial<ViTConfig> {
  const act = field(args, 'act_layer', isText, 'a name')
  if (act === undefined || given.config?.gelu) return {}
  if (Object.hasOwn(layers, act)) return { gelu: layers[act]! }
  return refuse(args, 'act_layer', 'config.gelu')
}

/**
 * The size that the model takes, and the one that its position embedding was made for. They differ
 * where timm resizes the embedding while it runs (`dynamic_img_size`).
 */
function imageSizes(
  cfg: JsonFile,
  args: JsonFile,
): { imageSize?: Size | undefined; storedSize?: Size | undefined } {
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
function recipeOf(cfg: JsonFile): Recipe {
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
function namesOf({ name, json }: JsonFile, cfg: JsonFile): ClassNames | undefined {
  const stored = json.label_names ?? cfg.json.label_names ?? json.labels ?? cfg.json.labels
  const names = parseClassNames(stored, name, 'label_names')
  const descriptions = json.label_descriptions ?? cfg.json.label_descriptions
  if (!names || !isObject(descriptions)) return names
  const described = [...names].map(([place, label]) => [place, descriptions[label]] as const)
  return described.every((entry): entry is readonly [number, string] => isText(entry[1]))
    ? new Map(described)
    : names
}
