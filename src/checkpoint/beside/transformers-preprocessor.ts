import { RECIPES, type Recipe } from '../../image/preprocess/recipes.ts'
import type { Facts } from './facts.ts'
import {
  channelsField,
  field,
  isFlag,
  isObject,
  isPositive,
  isText,
  isWhole,
  type Json,
  type JsonFile,
  NeighbourError,
  refuse,
  wholeField,
} from './json.ts'

/** What an image processor of transformers does unless its file says otherwise. */
interface Defaults {
  readonly resample: number
  readonly crop: boolean
  /** A size of one number is the shorter side, instead of both. */
  readonly shortest?: boolean
  readonly colours: keyof typeof RECIPES
  /** It rescales first, and resizes floats. */
  readonly floats?: boolean
  /** Images keep their aspect ratio, and have so many patches at most. */
  readonly patches?: number
}

const processors: Readonly<Record<string, Defaults>> = {
  ViT: { resample: 2, crop: false, colours: 'huggingface' },
  DeiT: { resample: 3, crop: true, colours: 'huggingface' },
  Beit: { resample: 3, crop: false, colours: 'huggingface' },
  Siglip: { resample: 3, crop: false, colours: 'huggingface' },
  Siglip2: { resample: 2, crop: false, colours: 'naflex', patches: 256 },
  CLIP: { resample: 3, crop: true, shortest: true, colours: 'clip' },
  Bit: { resample: 3, crop: true, shortest: true, colours: 'clip' },
  DINOv3ViT: { resample: 2, crop: false, colours: 'dinov3', floats: true },
}

/** What an image processor says, of a model whose images are cut into patches. */
export interface ProcessorFacts extends Omit<Facts, 'claims' | 'check' | 'config'> {
  readonly claims?: { readonly patchSize: readonly [number, number] }
}

/** Pillow's filters by their numbers. */
const filters = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] as const

/** Steps that are not done here, and settings that change what other steps do. */
const refused: readonly (readonly [key: string, isHarmless: (value: unknown) => boolean])[] = [
  ['do_pad', (value) => value === false],
  ['do_flip_channel_order', (value) => value === false],
  ['do_thumbnail', (value) => value === false],
  ['do_align_long_axis', (value) => value === false],
  ['do_grayscale', (value) => value === false],
  ['do_color_quantize', (value) => value === false],
  ['do_crop_margin', (value) => value === false],
  ['rescale_offset', (value) => value === false],
  ['include_top', (value) => value === false],
  ['do_image_splitting', (value) => value === false],
  ['crop_pct', () => false],
  ['size_divisor', () => false],
  ['keep_aspect_ratio', (value) => value === false],
  ['ensure_multiple_of', (value) => value === 1],
]

/** Settings that change nothing of what is computed for one RGB picture. */
const harmless =
  /^(image_processor_type|feature_extractor_type|processor_class|_processor_class|auto_map|do_convert_rgb|do_reduce_labels|input_data_format|data_format|return_tensors|device|default_to_square|use_fast|disable_grouping|_valid_processor_keys|pad_size|image_seq_length|size|crop_size|resample|do_resize|do_center_crop|do_rescale|rescale_factor|do_normalize|image_mean|image_std|reducing_gap|transformers_version|patch_size|max_num_patches)$/

/**
 * transformers' `preprocessor_config.json`: how its image processor, with Pillow, makes pixels of a picture.
 * @throws UnsupportedError naming a setting that is not done here; FormatError naming one that makes no sense
 */
export function readPreprocessorConfig(file: JsonFile): ProcessorFacts {
  const defaults = defaultsOf(file)
  const { name, json } = file
  const flag = (key: string, otherwise: boolean) =>
    field(file, key, isFlag, 'true or false') ?? otherwise
  for (const [key, isHarmless] of refused) {
    const value = json[key]
    if (value !== undefined && value !== null && !isHarmless(value)) refuse(file, key)
  }
  const { colours } = defaults
  const doRescale = flag('do_rescale', true)
  const doNormalize = flag('do_normalize', true)
  const factor = field(file, 'rescale_factor', isPositive, 'a number above 0') ?? 1 / 255
  const mean = channelsField(file, 'image_mean') ?? RECIPES[colours].mean
  const std = channelsField(file, 'image_std') ?? RECIPES[colours].std
  if (std.some((value) => value <= 0)) {
    throw new NeighbourError(name, `must have numbers above 0 as image_std, not ${std.join(', ')}.`)
  }
  const doResize = flag('do_resize', true)
  const { processed, claims, ...sizes } =
    defaults.patches === undefined
      ? sizesOf(file, doResize, flag('do_center_crop', defaults.crop), defaults)
      : patchesOf(file, doResize, defaults.patches)
  const preprocess: Recipe = {
    ...RECIPES.huggingface,
    ...sizes,
    filter: filterOf(file, defaults),
    mean: doNormalize ? mean : [0, 0, 0],
    std: doNormalize ? std : [1, 1, 1],
    ...rescaling(doRescale ? factor : 1),
  }
  const unknown = Object.keys(json).filter((key) => {
    return !harmless.test(key) && !refused.some(([other]) => other === key) && json[key] !== null
  })
  for (const key of unknown) if (/^do_/.test(key) && json[key] !== false) refuse(file, key)
  const others = unknown.filter((key) => json[key] !== false)
  return {
    preprocess,
    processed,
    ...(claims && { claims }),
    notices:
      others.length > 0 ? [`${name}: ${others.join(', ')} is of no use here, and left out.`] : [],
  }
}

const rescaling = (factor: number): Pick<Recipe, 'rescaleFactor'> =>
  Math.abs(factor * 255 - 1) < 1e-15 ? {} : { rescaleFactor: factor }

function defaultsOf(file: JsonFile): Defaults {
  const key =
    file.json.image_processor_type == null ? 'feature_extractor_type' : 'image_processor_type'
  const type = field(file, key, isText, 'a name')
  if (type === undefined) return processors.ViT!
  const kind = /^(\w+?)(ImageProcessor|FeatureExtractor)(Fast|Pil)?$/.exec(type)?.[1]
  if (kind === undefined || !Object.hasOwn(processors, kind)) refuse(file, key)
  return processors[kind]!
}

function filterOf(file: JsonFile, { resample, floats }: Defaults): Recipe['filter'] {
  const value = file.json.resample ?? resample
  const filter =
    typeof value === 'string'
      ? filters.find((name) => name === value.toLowerCase())
      : filters[value as number]
  if (floats && filter === 'bilinear') return 'torch-bilinear'
  return filter && !floats ? filter : refuse(file, 'resample')
}

type Sizes = Pick<Recipe, 'fit' | 'cropFraction' | 'resizeTo' | 'maxPatches'> &
  Pick<ProcessorFacts, 'processed' | 'claims'>

/** A size: both sides, or the shorter one. */
type Size = { readonly both: readonly [number, number] } | { readonly shortest: number }

function sizesOf(file: JsonFile, doResize: boolean, doCrop: boolean, defaults: Defaults): Sizes {
  if (!doResize) return { fit: doCrop ? 'crop' : 'none', cropFraction: 1 }
  const size = sizeOf(file, 'size', defaults.shortest ?? false) ?? { both: [224, 224] as const }
  const crop = doCrop
    ? (sizeOf(file, 'crop_size', false) ?? { both: [224, 224] as const })
    : undefined
  if (crop && !('both' in crop)) return refuse(file, 'crop_size')
  const resized = 'both' in size ? size.both : ([size.shortest, size.shortest] as const)
  const kept = crop?.both ?? resized
  // transformers pads such a crop with black.
  if (kept[0] > resized[0] || kept[1] > resized[1]) refuse(file, 'crop_size')
  if ('shortest' in size && kept[0] !== kept[1]) {
    return { fit: 'shorter', cropFraction: 1, resizeTo: size.shortest, processed: kept }
  }
  const down = fraction(kept[0], resized[0])
  const across = fraction(kept[1], resized[1])
  return {
    fit: 'both' in size ? 'squash' : 'shorter',
    cropFraction: down === across ? down : [down, across],
    processed: crop || 'both' in size ? kept : undefined,
  }
}

/** Of a processor that resizes to whole patches; their size is the model's. */
function patchesOf(file: JsonFile, doResize: boolean, otherwise: number): Sizes {
  if (!doResize) return refuse(file, 'do_resize')
  if (field(file, 'do_center_crop', isFlag, 'true or false')) return refuse(file, 'do_center_crop')
  const side = wholeField(file, 'patch_size') ?? 16
  const maxPatches = wholeField(file, 'max_num_patches') ?? otherwise
  return { fit: 'patches', cropFraction: 1, maxPatches, claims: { patchSize: [side, side] } }
}

/** The fraction by which a recipe finds the very size again, `floor(kept / fraction)`. */
function fraction(kept: number, resized: number): number {
  const exact = kept / resized
  return Math.floor(kept / exact) === resized ? exact : kept / (resized + 0.5)
}

function sizeOf(file: JsonFile, key: string, isShortest: boolean): Size | undefined {
  const size = field(file, key, isSizeLike, 'a number or an object')
  if (size === undefined) return undefined
  if (typeof size === 'number') return isShortest ? { shortest: size } : { both: [size, size] }
  const { height, width, shortest_edge: shortest, longest_edge: longest } = size
  if (isWhole(height) && isWhole(width)) return { both: [height, width] }
  if (isWhole(shortest) && (longest === undefined || longest === null)) return { shortest }
  return refuse(file, key)
}

const isSizeLike = (value: unknown): value is number | Json => isWhole(value) || isObject(value)
