import { type Command, Option } from 'commander'
import { ArgumentError, NumericError } from '../../errors.ts'
import type { TrainEvent, TrainResult } from '../../train/events.ts'
import type { TrainOptions } from '../../train/options.ts'
import { examples } from '../help-text.ts'
import { CLASSES, LABEL_COLUMN, readClasses } from '../options/data.ts'
import { type ConfigFlags, withCheckpointOptions, withVariantOption } from '../options/model.ts'
import { type RecipeFlags, recipeOf, withRecipeOptions } from '../options/recipe.ts'
import { parseCount, parseImageSize, parseNumber } from '../options/values.ts'
import { note, write } from '../output.ts'
import type { RunBoard } from '../train/page/board.ts'
import { type PlaceFlags, placeOf } from '../train/place.ts'
import type { RunFolder } from '../train/run-folder.ts'
import { inWords, optionsOf, UnderscoredCommand, type WordFlags } from '../train/words.ts'
import { noteUnusable, rightOf } from '../view/evaluation.ts'

/** The longer side of the pictures in a report, in pixels. */
const THUMBNAIL = 96

interface Flags extends WordFlags, PlaceFlags, Omit<ConfigFlags, 'imageSize'>, RecipeFlags {
  dataset: string
  classes?: string
  variant?: string
  model?: string
  lora?: number
  lora_alpha?: number
  progress_every?: number
  threads?: number
  page?: number | true
  backend?: 'wasm' | 'webgpu' | 'tfjs' | 'reference'
}

/** `vitrine train`: fine-tunes a checkpoint on pictures. Its words are those of the release's command. */
export function trainCommand(signal: AbortSignal): Command {
  const command = new UnderscoredCommand('train')
    .description('Fine-tune a checkpoint on CIFAR or on pictures of your own.')
    .requiredOption(
      '--dataset <data>',
      'cifar10, cifar100, a folder with a folder per class, archives',
    )
    .option(
      '--workdir <folder>',
      'where states, logs and the trained model go; an interrupted run goes on',
    )
    .option('--logdir <folder>', 'the same, or with --name the folder of several runs')
    .option('--name <name>', 'the name of the run: its folder in --logdir')
    .option(
      '--model <checkpoint>',
      'what to begin with: a file, a folder, a URL, a published name (default: the model of this package)',
    )
    .option('--base_lr <rate>', 'the learning rate after warm-up (default: 0.03)', parseNumber)
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
      '--accum_steps <n>',
      'equal parts in which a batch is computed (default: as computes fastest)',
      parseCount(1),
    )
    .option(
      '--grad_norm_clip <norm>',
      'the most that the norm of the gradients may be (default: 1)',
      parseNumber,
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
    .option('--weight_decay <rate>', 'shrinks kernels at each update', parseNumber)
    .option(
      '--label_smoothing <share>',
      'spreads so much of a target over all classes',
      parseNumber,
    )
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
    .option('--lora_alpha <factor>', 'adapters count alpha / rank (default: the rank)', parseNumber)
    .option('--ema <decay>', 'evaluate and save a moving average of the weights', parseNumber)
    .option('--image_size <pixels>', 'input size: 224 or HEIGHTxWIDTH', parseImageSize)
    .option('--eval_every <n>', 'updates between evaluations (default: 100)', parseCount(0))
    .option('--progress_every <n>', 'updates between lines of the log (default: 1)', parseCount(0))
    .option('--checkpoint_every <n>', 'updates between saved states', parseCount(0), 100)
    .addOption(
      new Option(
        '--select <which>',
        'which weights come out: the best on held-out pictures, or the last (default: best)',
      ).choices(['best', 'last']),
    )
    .option(
      '--validation <share>',
      'the share of the training pictures that is held out',
      parseNumber,
    )
    .option('--seed <n>', 'what all random numbers follow from', parseCount(0))
    .addOption(
      new Option(
        '--backend <name>',
        'what computes (default: wasm; reference: float64, slow)',
      ).choices(['wasm', 'webgpu', 'tfjs', 'reference']),
    )
    .option('--threads <n>', 'threads that compute', parseCount(1, 64))
    .option('--label_column <name>', LABEL_COLUMN)
    .option('--classes <file>', CLASSES)
    .option('--allow_empty_classes', 'train although classes have no training pictures')
    .option('--strict', 'stop at a picture that can’t be read')
    .option(
      '--page [port]',
      'show the run in a browser on this machine (default: a port that is free)',
      parseCount(1, 65_535),
    )
  return withRecipeOptions(withCheckpointOptions(withVariantOption(command)))
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
  const path = placeOf(flags)
  const [{ RunFolder }, { RunBoard }] = await Promise.all([
    import('../train/run-folder.ts'),
    import('../train/page/board.ts'),
  ])
  const folder = await RunFolder.open(path, signal, { progressEvery: flags.progress_every })
  let board: RunBoard | undefined
  let last: number | undefined
  let failure: unknown
  try {
    const state = await folder.state()
    if (state) note(`goes on after update ${state.step}, from ${path}`)
    board = await RunBoard.open({
      folder: path,
      model: flags.model ?? 'the ViT-Ti/16 of this package',
      title: flags.dataset,
      isResumed: state !== undefined,
      signal,
    })
    if (flags.page) note(`page: ${await board.serve(flags.page === true ? undefined : flags.page)}`)
    await follow(flags, folder, board, state?.path, signal, (step) => {
      last = step
    })
  } catch (error) {
    failure = inWords(error)
    const again = last !== undefined && !(error instanceof NumericError)
    if (again) note(`the same command goes on after update ${last}, from ${path}`)
    throw failure
  } finally {
    await board?.close((failure as Error | undefined)?.message)
    await folder.close()
  }
}

/** Trains, logs and shows progress. @param saved called for each state that is there: the one it went on from, new ones */
async function follow(
  flags: Flags,
  folder: RunFolder,
  board: RunBoard,
  resume: string | undefined,
  signal: AbortSignal,
  saved: (step: number) => void,
): Promise<void> {
  const [{ train }, { Pace }, { TrainProgress }, { loadingBar }] = await Promise.all([
    import('../../train/train.ts'),
    import('../train/pace.ts'),
    import('../train/progress.ts'),
    import('../view/progress.ts'),
  ])
  const [progress, loading] = await Promise.all([TrainProgress.open(), loadingBar()])
  try {
    const training = train(flags.model, flags.dataset, {
      ...{ ...optionsOf(flags), classes: await readClasses(flags.classes), lora: loraOf(flags) },
      ...(resume !== undefined && { resume }),
      thumbnails: THUMBNAIL,
      load: { ...loadOf(flags), onProgress: loading.take },
      ...{ onDownload: loading.take, onNotice: note, signal },
    })
    const pace = new Pace()
    for (;;) {
      const { value, done } = await training.next()
      loading.stop()
      if (done) {
        progress.stop()
        return await finish(value as TrainResult, folder, board, signal)
      }
      const event = value as TrainEvent
      const speed = pace.take(event)
      progress.take(event, speed)
      await folder.take(event)
      await board.take(event, speed)
      if (event.type === 'checkpoint') saved(event.step)
      else if (event.type === 'start' && resume !== undefined) saved(event.done)
    }
  } finally {
    loading.stop()
    progress.stop()
  }
}

async function finish(
  { step, best, test, unusable, model }: TrainResult,
  folder: RunFolder,
  board: RunBoard,
  signal: AbortSignal,
): Promise<void> {
  const path = await folder.finish(model, step, test?.accuracy, step === best?.step)
  noteUnusable(unusable)
  if (test) await write(`${rightOf(test)} test pictures right\n`, signal)
  note(`report: ${await board.finish(test, step)}`)
  await write(`${path}\n`, signal)
}

const loadOf = (flags: Flags): TrainOptions['load'] => ({
  variant: flags.variant,
  config: flags.config,
  prefix: flags.prefix,
  neighbours: flags.neighbours,
  preprocess: recipeOf(flags),
  threads: flags.threads,
  backend: flags.backend,
})

function loraOf({ lora: rank, lora_alpha: alpha }: Flags): TrainOptions['lora'] {
  if (rank !== undefined) return { rank, alpha }
  if (alpha === undefined) return undefined
  throw new ArgumentError('--lora_alpha goes with --lora, the rank of the adapters.')
}

function frozenPart(text: string): TrainOptions['freeze'] {
  if (text === 'none' || text === 'backbone') return text
  return parseCount(1)(text)
}
