import { Command } from 'commander'
import { VitrineError } from '../../errors.ts'
import type { TrainOptions } from '../../train/options.ts'

/** The command's words, which are the release's where it has one, by the options of `train` that they stand for. */
const words = {
  baseLr: 'base_lr',
  totalSteps: 'total_steps',
  warmupSteps: 'warmup_steps',
  decayType: 'decay_type',
  batch: 'batch',
  accumSteps: 'accum_steps',
  gradNormClip: 'grad_norm_clip',
  optimDtype: 'optim_dtype',
  optimizer: 'optimizer',
  weightDecay: 'weight_decay',
  labelSmoothing: 'label_smoothing',
  evalEvery: 'eval_every',
  checkpointEvery: 'checkpoint_every',
  imageSize: 'image_size',
  freeze: 'freeze',
  ema: 'ema',
  augment: 'augment',
  select: 'select',
  validation: 'validation',
  seed: 'seed',
  labelColumn: 'label_column',
  allowEmptyClasses: 'allow_empty_classes',
  strict: 'strict',
} as const satisfies { readonly [Name in keyof TrainOptions]: string }

type Words = typeof words

/** The options of `train` among the flags, by the command's words. */
export type WordFlags = {
  [Name in keyof Words as Words[Name]]?: TrainOptions[Name]
}

export const optionsOf = (flags: WordFlags): TrainOptions =>
  Object.fromEntries(
    Object.entries(words).map(([name, word]) => [name, flags[word as keyof WordFlags]]),
  )

/** Has an error speak of the command's words, and not of the API's. */
export function inWords(error: unknown): unknown {
  if (!(error instanceof VitrineError)) return error
  const names = new RegExp(`\\b(${Object.keys(words).join('|')})\\b`, 'g')
  error.message = error.message.replace(names, (name) => words[name as keyof Words])
  return error
}

const dashed = (flag: string) => flag.replaceAll('_', '-')

/** A command whose flags have underscores, as the release's; of all flags dashes and underscores are understood. */
export class UnderscoredCommand extends Command {
  override parseOptions(args: string[]) {
    const flags = new Map(this.options.map(({ long }) => [dashed(long ?? ''), long]))
    return super.parseOptions(
      args.map((arg) => {
        const [flag = '', ...value] = arg.split('=')
        const known = flag.startsWith('--') ? flags.get(dashed(flag)) : undefined
        return known ? [known, ...value].join('=') : arg
      }),
    )
  }
}
