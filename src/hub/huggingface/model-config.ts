import { UnsupportedError } from '../../errors.ts'
import type { PillowFilter } from '../../image/preprocess/pillow-resize.ts'
import { RECIPES, type Recipe } from '../../image/preprocess/recipes.ts'
import type { ViTConfig } from '../../models/config.ts'
import type { Told } from '../told.ts'

/** What JSON may hold; every field is checked before it is used. */
export type Json = Readonly<Record<string, unknown>>

/** What a `config.json` and a `preprocessor_config.json` tell that tensors don't. */
export function toldBy(config: Json | undefined, processor: Json | undefined): Told {
  if (!config) return processor ? withRecipe({}, recipeOf(processor)) : {}
  // timm's file says what to take, and how it was evaluated.
  if (isObject(config.pretrained_cfg)) return timmTold(config, config.pretrained_cfg)
  return withRecipe(transformersTold(config), processor && recipeOf(processor))
}

const withRecipe = (told: Told, preprocess: Recipe | undefined): Told => ({
  ...told,
  ...(preprocess && { preprocess }),
})

const gelus: Readonly<Record<string, ViTConfig['gelu']>> = {
  gelu: 'erf',
  gelu_new: 'tanh',
  gelu_pytorch_tanh: 'tanh',
  gelu_fast: 'tanh',
}

function transformersTold(config: Json): Told {
  const { hidden_act: act, layer_norm_eps: eps, num_attention_heads: heads } = config
  if (typeof act === 'string' && !Object.hasOwn(gelus, act)) {
    throw new UnsupportedError(
      `Its config.json says hidden_act ${JSON.stringify(act.slice(0, 40))}; ${Object.keys(gelus).join(', ')} are computed.`,
    )
  }
  const imageSize = sizeOf(config.image_size)
  const labels = labelsOf(config.id2label)
  return {
    config: {
      ...(typeof act === 'string' && { gelu: gelus[act]! }),
      ...(typeof eps === 'number' && eps >= 0 && { eps }),
      ...(isWhole(heads) && { heads }),
      // A square one shows in the tensors.
      ...(imageSize && imageSize[0] !== imageSize[1] && { imageSize }),
    },
    ...(labels && { labels }),
  }
}

function timmTold(config: Json, { mean, std, interpolation, crop_pct, crop_mode }: Json): Told {
  const names = config.label_names
  const labels = isTexts(names) ? names : undefined
  const told: Told = { ...(labels && { labels }) }
  const known = isTriple(mean) && isTriple(std) && isFilter(interpolation) && isFraction(crop_pct)
  if (!known) return told
  const fit = fits[String(crop_mode)] ?? 'shorter'
  return withRecipe(told, {
    ...RECIPES.timm,
    mean,
    std,
    filter: interpolation,
    cropFraction: crop_pct,
    fit,
  })
}

const fits: Readonly<Record<string, Recipe['fit']>> = {
  center: 'shorter',
  squash: 'squash',
  border: 'longer',
}

/** Pillow's numbers of its filters. */
const filters: Readonly<Record<number, PillowFilter>> = { 2: 'bilinear', 3: 'bicubic' }

/** Of transformers' image processors for ViT and DeiT; undefined for what they don't do. */
function recipeOf(processor: Json): Recipe | undefined {
  const { image_mean: mean, image_std: std, resample, size, crop_size } = processor
  const filter = filters[Number(resample ?? 2)]
  const resized = sideOf(size)
  if (!isTriple(mean) || !isTriple(std) || !filter || resized === undefined) return undefined
  if (processor.do_resize === false || processor.do_rescale === false) return undefined
  const kept = processor.do_center_crop === true ? sideOf(crop_size) : resized
  if (!kept || kept.side > resized.side) return undefined
  const normalised = processor.do_normalize !== false
  return {
    ...RECIPES.huggingface,
    fit: resized.fit,
    filter,
    cropFraction: kept.side / resized.side,
    mean: normalised ? mean : [0, 0, 0],
    std: normalised ? std : [1, 1, 1],
  }
}

/** `{ height, width }` squeezes, `{ shortest_edge }` keeps the aspect; a number was the first one. */
function sideOf(size: unknown): { side: number; fit: Recipe['fit'] } | undefined {
  if (isWhole(size)) return { side: size, fit: 'squash' }
  if (!isObject(size)) return undefined
  const { height, width, shortest_edge: shortest } = size
  if (isWhole(height) && height === width) return { side: height, fit: 'squash' }
  return isWhole(shortest) ? { side: shortest, fit: 'shorter' } : undefined
}

function sizeOf(value: unknown): [height: number, width: number] | undefined {
  if (isWhole(value)) return [value, value]
  const isPair = Array.isArray(value) && value.length === 2 && value.every(isWhole)
  return isPair ? (value as [number, number]) : undefined
}

/** Undefined for names that transformers made up, `LABEL_0`, and for lists with holes. */
function labelsOf(value: unknown): string[] | undefined {
  if (!isObject(value)) return undefined
  const labels = Object.keys(value).map((_, i) => value[i])
  if (!isTexts(labels) || labels.length === 0) return undefined
  return labels.every((label, i) => label === `LABEL_${i}`) ? undefined : labels
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isWhole = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) > 0
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')
const isTriple = (value: unknown): value is [number, number, number] =>
  Array.isArray(value) && value.length === 3 && value.every(Number.isFinite)
const isFraction = (value: unknown): value is number =>
  typeof value === 'number' && value > 0 && value <= 1
const isFilter = (value: unknown): value is PillowFilter =>
  value === 'bilinear' || value === 'bicubic'
