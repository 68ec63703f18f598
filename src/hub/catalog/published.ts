/**
 * What Google published for google-research/vision_transformer, as data: the buckets' listings of its
 * README and notebooks (commit c6de1e5), and the accuracy that they report on ImageNet-2012. Whoever
 * finds a file there that is not here adds a row.
 */

/** What the classes of a head are. */
export type Dataset = 'imagenet2012' | 'imagenet21k' | 'image-text'

type AugRegRow = readonly [
  /** Also what the files' names begin with. */
  name: string,
  variant: string,
  /** Augmentation, weight decay, dropout, stochastic depth of the pre-training on ImageNet-21k. */
  regularisation: string,
  /** Of the fine-tuning on ImageNet-2012. */
  learningRate: string,
  resolution: number,
  parameters: number,
  /** Before the fine-tuning, with its 21,843 classes at 224 px. */
  preTrainedParameters: number,
  top1: number,
]

/**
 * "How to train your ViT?" (Steiner et al. 2021): of the many files for each model the recommended
 * ones, best pre-trained on ImageNet-21k by validation, and the best fine-tuned from it.
 */
export const augreg: readonly AugRegRow[] = [
  [
    'Ti_16',
    'ViT-Ti_16',
    'aug_none-wd_0.03-do_0.0-sd_0.0',
    'lr_0.03',
    384,
    5_790_376,
    9_740_115,
    78.22,
  ],
  [
    'S_32',
    'ViT-S_32',
    'aug_none-wd_0.1-do_0.0-sd_0.0',
    'lr_0.01',
    384,
    22_915_432,
    30_903_507,
    79.58,
  ],
  [
    'S_16',
    'ViT-S_16',
    'aug_light1-wd_0.03-do_0.0-sd_0.0',
    'lr_0.03',
    384,
    22_196_584,
    30_075_219,
    83.73,
  ],
  [
    'B_32',
    'ViT-B_32',
    'aug_light1-wd_0.1-do_0.0-sd_0.0',
    'lr_0.01',
    384,
    88_297_192,
    104_252_499,
    83.59,
  ],
  [
    'B_16',
    'ViT-B_16',
    'aug_medium1-wd_0.1-do_0.0-sd_0.0',
    'lr_0.03',
    384,
    86_859_496,
    102_595_923,
    85.49,
  ],
  [
    'B_8',
    'ViT-B_8',
    'aug_medium2-wd_0.1-do_0.0-sd_0.0',
    'lr_0.03',
    224,
    86_576_872,
    102_605_139,
    85.58,
  ],
  [
    'L_16',
    'ViT-L_16',
    'aug_strong1-wd_0.1-do_0.0-sd_0.0',
    'lr_0.01',
    384,
    304_715_752,
    325_690_707,
    85.59,
  ],
  [
    'R_Ti_16',
    'R+ViT-Ti_16',
    'aug_none-wd_0.03-do_0.0-sd_0.0',
    'lr_0.03',
    384,
    6_355_944,
    10_360_403,
    75.4,
  ],
  [
    'R26_S_32',
    'R26+ViT-S_32',
    'aug_light1-wd_0.1-do_0.0-sd_0.0',
    'lr_0.01',
    384,
    36_468_392,
    44_456_467,
    83.85,
  ],
  [
    'R50_L_32',
    'R50+ViT-L_32',
    'aug_medium1-wd_0.1-do_0.1-sd_0.1',
    'lr_0.01',
    384,
    329_092_136,
    350_358_931,
    85.99,
  ],
]

const gibi = 1024

type FileRow = readonly [
  /** Where it is in the bucket `vit_models` unless it begins with another, without `.npz`. */
  path: string,
  variant: string,
  dataset: Dataset,
  resolution: number,
  parameters: number | undefined,
  /** As listed, where it is: rounded. Those of `sam/ViT-S_16` include the optimiser's state. */
  mebibytes?: number | undefined,
  /** Zero-shot for `image-text`. */
  top1?: number,
]

/** All other files. Of several with the same last part of the name the first is meant by it. */
export const files: readonly FileRow[] = [
  ['imagenet21k+imagenet2012/ViT-B_16-224', 'ViT-B_16', 'imagenet2012', 224, 86_567_656, 330.29],
  ['imagenet21k+imagenet2012/ViT-B_16', 'ViT-B_16', 'imagenet2012', 384, 86_859_496, 331.4],
  ['imagenet21k+imagenet2012/ViT-B_32', 'ViT-B_32', 'imagenet2012', 384, 88_297_192, 336.89],
  ['imagenet21k+imagenet2012/ViT-B_8', 'ViT-B_8', 'imagenet2012', 384, 87_744_232, 334.78],
  [
    'imagenet21k+imagenet2012/ViT-L_16-224',
    'ViT-L_16',
    'imagenet2012',
    224,
    304_326_632,
    1.13 * gibi,
  ],
  ['imagenet21k+imagenet2012/ViT-L_16', 'ViT-L_16', 'imagenet2012', 384, 304_715_752, 1.14 * gibi],
  ['imagenet21k+imagenet2012/ViT-L_32', 'ViT-L_32', 'imagenet2012', 384, 306_632_680, 1.14 * gibi],
  [
    'imagenet21k+imagenet2012/R50+ViT-B_16',
    'R50+ViT-B_16',
    'imagenet2012',
    384,
    98_950_952,
    377.57,
  ],
  ['imagenet21k/ViT-B_16', 'ViT-B_16', 'imagenet21k', 224, 103_186_515, 393.69],
  ['imagenet21k/ViT-B_32', 'ViT-B_32', 'imagenet21k', 224, 104_843_091, 400.01],
  ['imagenet21k/ViT-B_8', 'ViT-B_8', 'imagenet21k', 224, 103_195_731, 393.72],
  ['imagenet21k/ViT-L_16', 'ViT-L_16', 'imagenet21k', 224, 326_740_307, 1.22 * gibi],
  ['imagenet21k/ViT-L_32', 'ViT-L_32', 'imagenet21k', 224, 328_949_075, 1.23 * gibi],
  ['imagenet21k/ViT-H_14', 'ViT-H_14', 'imagenet21k', 224, 660_385_363, 2.46 * gibi],
  ['imagenet21k/R50+ViT-B_16', 'R50+ViT-B_16', 'imagenet21k', 224, 115_277_971, 439.85],
  ['imagenet21k/R26+ViT-B_32', 'R26+ViT-B_32', 'imagenet21k', 224, 118_002_835, 450.23],
  ['imagenet21k/R50+ViT-L_32', 'R50+ViT-L_32', 'imagenet21k', 224, 351_408_531, 1.31 * gibi],
  ['sam/ViT-S_16', 'ViT-S_16', 'imagenet2012', 224, 22_050_664, 252.57],
  ['sam/ViT-B_16', 'ViT-B_16', 'imagenet2012', 224, 86_567_656, 330.3],
  ['sam/ViT-B_32', 'ViT-B_32', 'imagenet2012', 224, 88_224_232, 336.61],
  ['sam/ViT-L_16', 'ViT-L_16', 'imagenet2012', 224, 304_326_632, 1.13 * gibi],
  ['sam/ViT-L_32', 'ViT-L_32', 'imagenet2012', 224, 306_535_400, 1.14 * gibi],
  ['gsam/ViT-S_16-gap-norep', 'ViT-S_16-gap-norep', 'imagenet2012', 224, 22_049_896],
  ['gsam/ViT-S_32-gap-norep', 'ViT-S_32-gap-norep', 'imagenet2012', 224, 22_878_184],
  ['gsam/ViT-B_16-gap-norep', 'ViT-B_16-gap-norep', 'imagenet2012', 224, 86_566_120],
  ['gsam/ViT-B_32-gap-norep', 'ViT-B_32-gap-norep', 'imagenet2012', 224, 88_222_696],
  ['mixer_models/imagenet1k/Mixer-B_16', 'Mixer-B_16', 'imagenet2012', 224, 59_880_472, 228.47],
  ['mixer_models/imagenet1k/Mixer-L_16', 'Mixer-L_16', 'imagenet2012', 224, 208_196_168, 794.29],
  ['mixer_models/imagenet21k/Mixer-B_16', 'Mixer-B_16', 'imagenet21k', 224, 75_908_739, 289.61],
  ['mixer_models/imagenet21k/Mixer-L_16', 'Mixer-L_16', 'imagenet21k', 224, 229_560_243, 875.78],
  ['mixer_models/sam/Mixer-B_16', 'Mixer-B_16', 'imagenet2012', 224, 59_880_472],
  ['mixer_models/sam/Mixer-B_32', 'Mixer-B_32', 'imagenet2012', 224, 60_293_428],
  ['mixer_models/gsam/Mixer-S_8', 'Mixer-S_8', 'imagenet2012', 224, undefined],
  ['mixer_models/gsam/Mixer-S_16', 'Mixer-S_16', 'imagenet2012', 224, undefined],
  ['mixer_models/gsam/Mixer-S_32', 'Mixer-S_32', 'imagenet2012', 224, undefined],
  ['mixer_models/gsam/Mixer-B_16', 'Mixer-B_16', 'imagenet2012', 224, 59_880_472],
  ['mixer_models/gsam/Mixer-B_32', 'Mixer-B_32', 'imagenet2012', 224, 60_293_428],
  ['lit/LiT-B16B', 'LiT-B16B', 'image-text', 224, 195_871_489, undefined, 72.1],
  ['lit/LiT-B16B_2', 'LiT-B16B_2', 'image-text', 224, 195_280_897, undefined, 73.9],
  ['lit/LiT-L16L', 'LiT-L16L', 'image-text', 224, 638_443_521, undefined, 75.7],
  ['lit/LiT-L16S', 'LiT-L16S', 'image-text', 224, 331_140_353],
  ['lit/LiT-L16Ti', 'LiT-L16Ti', 'image-text', 224, 311_913_089],
]

/** The classes of a head, 0 for none. */
export const classesOf: Readonly<Record<Dataset, number>> = {
  imagenet2012: 1000,
  imagenet21k: 21_843,
  'image-text': 0,
}
