import { Command, InvalidArgumentError, Option } from 'commander'
import type { ZeroShotClassifier } from '../../text/zero-shot.ts'
import { UsageError } from '../exit.ts'
import { examples } from '../help-text.ts'
import { eachImage } from '../inputs/each-image.ts'
import { type ImageFlags, withImageOptions } from '../inputs/images.ts'
import { readLabels } from '../options/labels.ts'
import { withModelOptions } from '../options/model.ts'
import { loadTextModel, type TextModelFlags, withVocabularyOption } from '../options/text-model.ts'
import { parseCount } from '../options/values.ts'
import { printPredictions } from '../view/print-predictions.ts'

interface Flags extends TextModelFlags, ImageFlags {
  labels?: readonly string[]
  labelsFile?: string
  template?: readonly string[]
  multiLabel?: true
  top: number
  csv?: true
  json?: true
}

/** `vitrine zero-shot`: which of some texts fit images best. */
export function zeroShotCommand(signal: AbortSignal): Command {
  const command = withImageOptions(new Command('zero-shot'))
    .description('Say which of your own labels fit images best, with a model of images and texts.')
    .addOption(
      new Option('--labels <texts>', 'the labels, separated by commas (repeatable)')
        .argParser(parseLabels)
        .conflicts('labelsFile'),
    )
    .option(
      '--labels-file <file>',
      'the labels: a file (lines or a JSON array), or a data set such as cifar10',
    )
    .option(
      '--template <text>',
      'a text with {} where the label goes, such as "a photo of a {}" (repeatable: their mean)',
      parseTemplate,
    )
    .option('--multi-label', 'judge each label for itself, so that several may be probable')
    .option('--top <n>', 'number of labels', parseCount(1), 5)
    .addOption(
      new Option('--csv', 'a header, then one record per image and label').conflicts('json'),
    )
    .option('--json', 'one JSON object per image and line')
  return withVocabularyOption(withModelOptions(command))
    .addHelpText(
      'after',
      examples(
        [
          'vitrine zero-shot cat.jpg --weights LiT-B16B_2 --labels "a cat,a dog"',
          'probabilities of the two',
        ],
        [
          'vitrine zero-shot photos --weights LiT-B16B_2 --labels-file names.txt --csv',
          'a folder, as CSV',
        ],
        [
          'vitrine zero-shot cat.jpg --weights lit.npz --vocabulary lit.txt --labels cat,dog',
          'with a checkpoint of your own',
        ],
      ),
    )
    .action((images: string[], flags: Flags) => zeroShot(images, flags, signal))
}

async function zeroShot(names: string[], flags: Flags, signal: AbortSignal): Promise<void> {
  const labels = await labelsOf(flags)
  const { template, multiLabel, top: topK } = flags
  let classifier: ZeroShotClassifier | undefined
  const load = async () => {
    const model = await loadTextModel(flags, signal)
    try {
      classifier = await model.zeroShot(labels, { templates: template, multiLabel, signal })
      return model
    } catch (error) {
      model.dispose()
      throw error
    }
  }
  const outcomes = eachImage(names, flags, { shown: true, signal, load }, (_, image, stop) =>
    classifier!.classify(image, { topK, signal: stop }),
  )
  await printPredictions(outcomes, flags, signal)
}

/** @throws UsageError where there are none, or one is empty */
async function labelsOf({ labels, labelsFile }: Flags): Promise<readonly string[]> {
  const given = labels ?? (await readNames(labelsFile))
  if (!given || given.length === 0) {
    throw new UsageError('zero-shot needs labels: --labels "a cat,a dog", or --labels-file FILE.')
  }
  const empty = given.findIndex((label) => label.trim() === '')
  if (empty < 0) return given
  throw new UsageError(`Label ${empty + 1} of ${given.length} is empty.`)
}

async function readNames(path: string | undefined): Promise<readonly string[] | undefined> {
  const read = await readLabels({ ...(path !== undefined && { labels: path }) })
  if (typeof read !== 'string') return read
  return (await import('../../labels.ts')).readLabels(read)
}

const parseLabels = (text: string, previous: readonly string[] = []) => [
  ...previous,
  ...text.split(',').map((label) => label.trim()),
]

function parseTemplate(text: string, previous: readonly string[] = []): readonly string[] {
  if (text.includes('{}')) return [...previous, text]
  throw new InvalidArgumentError('Expected a text with {} where the label goes.')
}
