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

/** How a picture becomes a model's input: what a publisher's evaluation code does, as data. */
export interface Recipe {
  /**
   * How the picture takes the size `floor(target / cropFraction)`: `squash` takes both sides and
   * loses the aspect ratio, `shorter` makes the shorter side fit (the rest is cropped), `longer` the
   * longer side (the rest is padded with `mean`). Two resize nothing: `crop` cuts the target out of the
   * picture's centre, `none` takes only pictures of the target's size.
   */
  readonly fit: 'squash' | 'shorter' | 'longer' | 'crop' | 'none'
  /** TensorFlow's bilinear without antialias, in floats; or one of Pillow's, rounded to 8 bits. */
  readonly filter: 'tensorflow-bilinear' | PillowFilter
  /** The part of the resized picture that the centre crop keeps along a side (or each); 1 for no crop. */
  readonly cropFraction: number | readonly [vertical: number, horizontal: number]
  /** A fixed side of the resized picture, whatever the target size, instead of `cropFraction`. */
  readonly resizeTo?: number
  /** Where the crop starts when an odd number of pixels goes: `even` rounds half to even. */
  readonly cropRounding: 'even' | 'floor'
  /** Mean and standard deviation, of values from 0 to 1: of red, green and blue, or one for all. */
  readonly mean: PerChannel
  readonly std: PerChannel
  /**
   * Where the 255 goes, which decides the last bit, all in float32: `folded` into mean and standard
   * deviation, `divided` out of the pixels first, or `multiplied` to them as float64 1/255.
   */
  readonly rescale: 'folded' | 'divided' | 'multiplied'
  /** What a value from 0 to 255 is multiplied by, where it is `multiplied`; 1/255 unless given. */
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

/**
 * The recipes by name.
 *
 * - `official`: google-research/vision_transformer, input_pipeline.py, evaluation
 * - `timm`, `timm-full`, `timm-squash`, `timm-squash-full`, `timm-border`: timm's create_transform
 *   with crop_pct 0.9 or 1 and crop_mode center, squash or border; `timm-dinov2` with ImageNet's mean
 * - `deit`, `torchvision`: the evaluation transforms of DeiT and of torchvision's ViT-B/16 and B/32
 * - `huggingface`, `huggingface-deit`, `clip`, `siglip`, `dinov2`: the image processors of
 *   transformers with Pillow. (Those with torchvision resize tensors in another arithmetic, which
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
  dinov2: {
    fit: 'shorter',
    filter: 'bicubic',
    cropFraction: 224 / 256,
    ...HUGGING_FACE,
    ...IMAGENET,
  },
} satisfies Record<string, Recipe>

export type RecipeName = keyof typeof RECIPES
