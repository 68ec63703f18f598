import { Command, InvalidArgumentError, Option } from 'commander'
import { ArgumentError } from '../../errors.ts'
import type { TrainOptions } from '../../train/options.ts'
import type { TrainEvent, TrainResult } from '../../train/train.ts'
import { examples } from '../help-text.ts'
import { parseCount, parseImageSize } from '../options/values.ts'
import { note, write } from '../output.ts'
import { progressBar } from '../view/progress.ts'
import { formatSeconds } from '../view/units.ts'

interface Flags {
  dataset: string
  workdir: string
  model?: string
  base_lr?: number
  total_steps?: number
  warmup_steps?: number
  decay_type?: TrainOptions['decayType']
  batch?: number
  grad_norm_clip?: number
  optim_dtype?: TrainOptions['optimDtype']
  optimizer?: TrainOptions['optimizer']
  weight_decay?: number
  label_smoothing?: number
  eval_every?: number
  checkpoint_every: number
  image_size?: readonly [height: number, width: number]
  freeze?: TrainOptions['freeze']
  lora?: number
  lora_alpha?: number
  ema?: number
  augment?: TrainOptions['augment']
  seed?: number
  threads?: number
  strict?: true
}

/** `vitrine train`: fine-tunes a checkpoint on pictures. Its words are those of the release's command. */
export function trainCommand(signal: AbortSignal): Command {
  return new Command('train')
    .description('Fine-tune a checkpoint on CIFAR or on pictures of your own.')
    .requiredOption(
      '--dataset <data>',
      'cifar10, cifar100, a folder with a folder per class, archives',
    )
    .requiredOption(
      '--workdir <folder>',
      'where states, logs and the trained model go; an interrupted run goes on',
    )
    .option(
      '--model <checkpoint>',
      'what to begin with: a file, a folder, a URL, a published name (default: the model of this package)',
    )
    .option('--base_lr <rate>', 'the learning rate after warm-up (default: 0.03)', number)
    .option('--total_steps <n>', 'updates (default: 10,000 for CIFAR, else 500)', parseCount(1))
    .option('--warmup_steps <n>', 'updates during which the rate grows', parseCount(0))
    .addOption(
      new Option('--decay_type <how>', 'how the rate falls').choices([
        'cosine',
        'linear',
        'constant',
      ]),
    )
    .option('--batch <n>', 'pictures of an update (default: 512)', parseCount(1))
    .option(
      '--grad_norm_clip <norm>',
      'the most that the norm of the gradients may be (default: 1)',
      number,
    )
    .addOption(
      new Option('--optimizer <name>', 'how weights are updated').choices(['sgd', 'adamw']),
    )
    .addOption(
      new Option('--optim_dtype <type>', 'type of SGD’s accumulator').choices([
        'bfloat16',
        'float32',
      ]),
    )
    .option('--weight_decay <rate>', 'shrinks kernels at each update', number)
    .option('--label_smoothing <share>', 'spreads so much of a target over all classes', number)
    .addOption(
      new Option(
        '--augment <how>',
        'how pictures are changed at random (default: inception)',
      ).choices(['inception', 'crop', 'pad', 'none']),
    )
    .option(
      '--freeze <what>',
      'what stays as it is: none, backbone (all but the head), or a number of first blocks (default: none)',
      frozenPart,
    )
    .option('--lora <rank>', 'train adapters of this rank and the head instead', parseCount(1))
    .option('--lora_alpha <factor>', 'adapters count alpha / rank (default: the rank)', number)
    .option('--ema <decay>', 'evaluate and save a moving average of the weights', number)
    .option('--image_size <pixels>', 'input size: 224 or HEIGHTxWIDTH', parseImageSize)
    .option('--eval_every <n>', 'updates between evaluations (default: 100)', parseCount(0))
    .option('--checkpoint_every <n>', 'updates between saved states', parseCount(0), 100)
    .option('--seed <n>', 'what all random numbers follow from', parseCount(0))
    .option('--threads <n>', 'threads that compute', parseCount(1, 64))
    .option('--strict', 'stop at a picture that can’t be read')
    .addHelpText(
      'after',
      examples(
        [
          'vitrine train --dataset photos --workdir run --batch 32 --freeze backbone',
          'only a new head, in minutes',
        ],
        [
          'vitrine train --dataset cifar10 --workdir run --model Ti_16 --image_size 128 --augment crop',
          'all weights',
        ],
        ['vitrine classify photo.jpg --weights run', 'use what came out'],
      ),
    )
    .action((flags: Flags) => run(flags, signal))
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const [{ train }, { RunFolder }] = await Promise.all([
    import('../../train/train.ts'),
    import('../train/run-folder.ts'),
  ])
  const folder = await RunFolder.open(flags.workdir, signal)
  const bar = await progressBar('training')
  try {
    const state = await folder.state()
    if (state) note(`goes on after update ${state.step}, from ${flags.workdir}`)
    await folder.begin(state?.step)
    const options = { ...optionsOf(flags, signal), ...(state && { resume: state.bytes }) }
    const training = train(flags.model, flags.dataset, options)
    const start = performance.now()
    let [first, last] = [0, 0]
    for (;;) {
      const { value, done } = await training.next()
      if (done) {
        bar.stop()
        return await finish(value as TrainResult, folder, last, signal)
      }
      const event = value as TrainEvent
      await folder.take(event)
      if (event.type === 'step') {
        first ||= event.step
        last = event.step
        const each = (performance.now() - start) / (event.step - first + 1)
        const left = formatSeconds(((event.totalSteps - event.step) * each) / 1000)
        bar.update(
          event.step,
          event.totalSteps,
          `  loss ${event.loss.toFixed(3)}, ${event.imagesPerSecond.toFixed(1)}/s, ${left} left`,
        )
      } else if (event.type === 'evaluation') {
        bar.stop()
        note(
          `update ${event.step}: ${percent(event.evaluation.accuracy)} of ${event.evaluation.pictures} held-out pictures right`,
        )
      }
    }
  } finally {
    bar.stop()
    await folder.close()
  }
}

async function finish(
  { test, unusable, model }: TrainResult,
  folder: {
    finish(model: Uint8Array, step: number, accuracy: number | undefined): Promise<string>
  },
  step: number,
  signal: AbortSignal,
): Promise<void> {
  const path = await folder.finish(model, step, test?.accuracy)
  for (const { name, reason } of unusable.slice(0, 10)) note(`left out: ${name}: ${reason}`)
  if (unusable.length > 10) note(`left out: ${unusable.length - 10} more`)
  if (test)
    await write(`${percent(test.accuracy)} of ${test.pictures} test pictures right\n`, signal)
  await write(`${path}\n`, signal)
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`

function optionsOf(flags: Flags, signal: AbortSignal): TrainOptions {
  return {
    baseLr: flags.base_lr,
    totalSteps: flags.total_steps,
    warmupSteps: flags.warmup_steps,
    decayType: flags.decay_type,
    batch: flags.batch,
    gradNormClip: flags.grad_norm_clip,
    optimizer: flags.optimizer,
    optimDtype: flags.optim_dtype,
    weightDecay: flags.weight_decay,
    labelSmoothing: flags.label_smoothing,
    augment: flags.augment,
    freeze: flags.freeze,
    lora: loraOf(flags),
    ema: flags.ema,
    imageSize: flags.image_size,
    evalEvery: flags.eval_every,
    checkpointEvery: flags.checkpoint_every,
    seed: flags.seed,
    strict: flags.strict,
    load: { threads: flags.threads },
    onNotice: note,
    signal,
  }
}

function loraOf({ lora: rank, lora_alpha: alpha }: Flags): TrainOptions['lora'] {
  if (rank !== undefined) return { rank, alpha }
  if (alpha === undefined) return undefined
  throw new ArgumentError('--lora_alpha goes with --lora, the rank of the adapters.')
}

function number(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new InvalidArgumentError('Expected a number.')
}

function frozenPart(text: string): TrainOptions['freeze'] {
  if (text === 'none' || text === 'backbone') return text
  return parseCount(1)(text)
}
