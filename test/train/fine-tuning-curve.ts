import { createWasmTrainingBackend } from '../../src/backends/wasm/training/backend.ts'
import { preprocess } from '../../src/image/preprocess/preprocess.ts'
import { resolveRecipe } from '../../src/image/preprocess/resolve-recipe.ts'
import { openDataset } from '../../src/train/data/open.ts'
import { Pictures } from '../../src/train/data/pictures.ts'
import { prepare } from '../../src/train/prepare.ts'
import { sgd } from '../../src/train/recipe/optimizer.ts'
import { learningRate } from '../../src/train/recipe/schedule.ts'
import type { Sample } from '../../src/train/trainer.ts'
import { sharedJSON, sharedPath } from '../shared.ts'

/** Runs of the release: a ViT-Ti/16 on CIFAR-10 at 64 px, 100 updates of 64 pictures. */
interface Golden {
  readonly config: {
    readonly image_size: number
    readonly batch: number
    readonly base_lr: number
    readonly warmup_steps: number
    readonly total_steps: number
    readonly momentum: number
    readonly grad_norm_clip: number
  }
  readonly runs: Readonly<Record<'bf16' | 'f32' | 'f64', GoldenRun>>
}

interface GoldenRun {
  readonly steps: readonly { loss: number; grad_global_norm: number; lr: number }[]
  readonly before: { readonly test_accuracy: number }
  readonly after: { readonly test_accuracy: number }
}

export const folder = 'golden/training-ti16'

export const golden = (): Golden => sharedJSON<Golden>(`${folder}/golden.json`)

export const scheduleOf = ({ config }: Golden) =>
  ({
    totalSteps: config.total_steps,
    warmupSteps: config.warmup_steps,
    baseLr: config.base_lr,
    decayType: 'cosine',
  }) as const

/** The checkpoint that the runs begin with, ready for training as they trained it. */
export async function preparedFor(
  { config, ...rest }: Golden,
  { accumulator, threads }: { accumulator: 'bfloat16' | 'float32'; threads: number },
) {
  return prepare(sharedPath('data/weights/Ti_16-imagenet2012-224.google-layout.npz'), {
    backend: await createWasmTrainingBackend({ threads, blocking: threads > 1 }),
    load: { imageSize: config.image_size },
    classes: 10,
    freeze: 'none',
    optimizer: sgd({ momentum: config.momentum, accumulator }),
    learningRate: learningRate(scheduleOf({ config, ...rest })),
    clip: config.grad_norm_clip,
  })
}

export interface Labelled extends Sample {
  readonly label: number
}

/**
 * Pictures of a split in the order of its file, from `first` on and again from the start after the last, without
 * augmentation, as the release evaluates them.
 */
export async function samplesOf(
  split: 'train' | 'test',
  first: number,
  count: number,
  side: number,
): Promise<Labelled[]> {
  const data = await openDataset(sharedPath('data/cifar10'), { validation: 0 })
  const pictures = new Pictures(data[split]!, { strict: true })
  const recipe = resolveRecipe('official')
  const samples: Labelled[] = []
  for (let i = first; i < first + count; i++) {
    const { image, label } = (await pictures.read(i % pictures.size))!
    const targets = new Float32Array(10)
    targets[label] = 1
    samples.push({ pixels: preprocess(image, recipe, [side, side], 3), targets, label })
  }
  await data.close()
  return samples
}
