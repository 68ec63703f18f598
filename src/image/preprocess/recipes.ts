export const PILLOW_FILTERS = [
  'nearest',
  'box',
  'bilinear',
  'bicubic',
  'hamming',
  'lanczos',
] as const

export type PillowFilter = (typeof PILLOW_FILTERS)[number]

/** A number each for red, green and blue, or one for every channel. */
export type PerChannel =
  | readonly [red: number, green: number, blue: number]
  | readonly [all: number]

/** How an image becomes a model's input: what a publisher's evaluation code does, as data. */
export interface Recipe {
  /**
   * How the image is resized, to `floor(target / cropFraction)` pixels. `squash` resizes both sides, whatever the
   * aspect ratio; `shorter` resizes the shorter side and crops the longer; `longer` resizes the longer side and pads
   * the shorter with `mean`. `patches` keeps the aspect ratio nearly: both sides become whole patches, as many as
   * `maxPatches` allows, for models that take images of any (SigLIP 2 NaFlex). Two do not resize: `crop` cuts the target out of the image's centre, and `none` refuses
   * images of another size.
   */
  readonly fit: 'squash' | 'shorter' | 'longer' | 'patches' | 'crop' | 'none'
  /**
   * The filter: TensorFlow's bilinear without antialias, computed in floats; the same cut to 8 bits
   * (`tensorflow-bilinear-u8`); torch's bilinear with antialias, in floats (`torch-bilinear`); or one of Pillow's (`nearest`, `box`, `bilinear`, `hamming`, `bicubic`, `lanczos`),
   * whose results are rounded to 8 bits.
   */
  readonly filter:
    | 'tensorflow-bilinear'
    | 'tensorflow-bilinear-u8'
    | 'torch-bilinear'
    | PillowFilter
  /** The fraction of each side that the centre crop keeps, above 0 and at most 1; 1 for no crop. */
  readonly cropFraction: number | readonly [vertical: number, horizontal: number]
  /** The side to resize to, in pixels, 1 to 8192, instead of `cropFraction`. */
  readonly resizeTo?: number
  /** The most patches of an image, from 1 to 16384, for the fit `patches`. */
  readonly maxPatches?: number
  /** How the crop's offset is rounded if it is not whole: half to even, or down. */
  readonly cropRounding: 'even' | 'floor'
  /** The mean of pixels from 0 to 1, which is subtracted: of red, green and blue, or one for all. From 0 to 1. */
  readonly mean: PerChannel
  /** The standard deviation, by which pixels are divided then; from 0.000001 to 1. */
  readonly std: PerChannel
  /**
   * How pixels from 0 to 255 become 0 to 1 in float32, which decides the last bit: `folded`, 255 is part of mean and
   * standard deviation; `divided`, by 255, first; `multiplied`, by `rescaleFactor` in float64, first.
   */
  readonly rescale: 'folded' | 'divided' | 'multiplied'
  /** The factor for `multiplied`, above 0; 1/255 by default. */
  readonly rescaleFactor?: number
}

const HALF = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const
const OPENAI = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const

/** torchvision's and timm's steps: crops round half to even, `ToTensor` divides by 255. */
const TORCH = { cropRounding: 'even', rescale: 'divided' } as const
/** Those of the Pillow image processors of Hugging Face's transformers. */
const HUGGING_FACE = { cropRounding: 'floor', rescale: 'multiplied' } as const
/** Those of LiT: `-1 + 2 * x / 255` of whole numbers. */
const LIT = {
  filter: 'tensorflow-bilinear-u8',
  cropFraction: 1,
  cropRounding: 'floor',
  rescale: 'divided',
  ...HALF,
} as const

/**
 * The recipes by name.
 *
 * - `official`: google-research/vision_transformer, input_pipeline.py, evaluation
 * - `lit`, `lit-crop`: the same publisher's preprocess.py for LiT, without and with a crop
 * - `timm`, `timm-full`, `timm-squash`, `timm-squash-full`, `timm-border`: timm's create_transform
 *   with crop_pct 0.9 or 1 and crop_mode center, squash or border; `timm-dinov2` with ImageNet's mean
 * - `deit`, `torchvision`: the evaluation transforms of DeiT and of torchvision's ViT-B/16 and B/32
 * - `huggingface`, `huggingface-deit`, `clip`, `siglip`, `naflex`, `dinov2`: the image processors of
 *   transformers with Pillow; `dinov3`: its with torch, which resizes floats. (Those others with torchvision resize tensors in another arithmetic, which
 *   differs by 1 in a few of a thousand bytes.)
 */
export const RECIPES = {
  official: {
    fit: 'squash',
    filter: 'tensorflow-bilinear',
    cropFraction: 1,
    cropRounding: 'floor',
    rescale: 'folded',
    ...HALF,
  },
  timm: { fit: 'shorter', filter: 'bicubic', cropFraction: 0.9, ...TORCH, ...HALF },
  'timm-full': { fit: 'shorter', filter: 'bicubic', cropFraction: 1, ...TORCH, ...HALF },
  'timm-squash': { fit: 'squash', filter: 'bicubic', cropFraction: 0.9, ...TORCH, ...HALF },
  'timm-squash-full': { fit: 'squash', filter: 'bicubic', cropFraction: 1, ...TORCH, ...HALF },
  'timm-border': { fit: 'longer', filter: 'bicubic', cropFraction: 0.9, ...TORCH, ...HALF },
  'timm-dinov2': { fit: 'shorter', filter: 'bicubic', cropFraction: 1, ...TORCH, ...IMAGENET },
  deit: { fit: 'shorter', filter: 'bicubic', cropFraction: 224 / 256, ...TORCH, ...IMAGENET },
  torchvision: {
    fit: 'shorter',
    filter: 'bilinear',
    cropFraction: 224 / 256,
    ...TORCH,
    ...IMAGENET,
  },
  huggingface: { fit: 'squash', filter: 'bilinear', cropFraction: 1, ...HUGGING_FACE, ...HALF },
  'huggingface-deit': {
    fit: 'squash',
    filter: 'bicubic',
    cropFraction: 224 / 256,
    ...HUGGING_FACE,
    ...HALF,
  },
  clip: { fit: 'shorter', filter: 'bicubic', cropFraction: 1, ...HUGGING_FACE, ...OPENAI },
  siglip: { fit: 'squash', filter: 'bicubic', cropFraction: 1, ...HUGGING_FACE, ...HALF },
  naflex: {
    fit: 'patches',
    maxPatches: 256,
    filter: 'bilinear',
    cropFraction: 1,
    ...HUGGING_FACE,
    ...HALF,
  },
  dinov2: {
    fit: 'shorter',
    filter: 'bicubic',
    cropFraction: 224 / 256,
    ...HUGGING_FACE,
    ...IMAGENET,
  },
  dinov3: {
    fit: 'squash',
    filter: 'torch-bilinear',
    cropFraction: 1,
    ...HUGGING_FACE,
    ...IMAGENET,
  },
  lit: { fit: 'squash', ...LIT },
  'lit-crop': { fit: 'shorter', ...LIT },
} satisfies Record<string, Recipe>

/** The name of one of `RECIPES`. */
export type RecipeName = keyof typeof RECIPES
