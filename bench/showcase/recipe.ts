import type { TrainOptions } from '../../src/train/options.ts'

/**
 * The showcase: the ViT-Ti/16 that comes with the package, fine-tuned on CIFAR-10 at 128 px. PyTorch is fed from the
 * same options.
 */
export const recipe = {
  totalSteps: 2000,
  warmupSteps: 100,
  baseLr: 0.01,
  decayType: 'cosine',
  batch: 128,
  gradNormClip: 1,
  optimizer: 'sgd',
  // The same arithmetic on both sides: PyTorch's accumulator is float32.
  optimDtype: 'float32',
  augment: 'crop',
  imageSize: 128,
  evalEvery: 100,
  checkpointEvery: 100,
  // PyTorch’s side keeps no earlier weights.
  select: 'last',
  seed: 0,
} as const satisfies TrainOptions
