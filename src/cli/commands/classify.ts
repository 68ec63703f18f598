import { Command, Option } from 'commander'
import { UnsupportedError } from '../../errors.ts'
import { examples } from '../help-text.ts'
import { eachImage } from '../inputs/each-image.ts'
import { type ImageFlags, withImageOptions } from '../inputs/images.ts'
import { withLabelsOption } from '../options/labels.ts'
import { loadModel, type ModelFlags, withModelOptions } from '../options/model.ts'
import { parseCount } from '../options/values.ts'
import { printPredictions } from '../view/print-predictions.ts'

interface Flags extends ModelFlags, ImageFlags {
  top: number
  csv?: true
  json?: true
}

/** `vitrine classify`: the most probable classes of images. */
export function classifyCommand(signal: AbortSignal): Command {
  const command = withImageOptions(new Command('classify'))
    .description('Name the most probable classes of images.')
    .option('--top <n>', 'number of classes', parseCount(1), 5)
    .addOption(
      new Option('--csv', 'a header, then one record per image and class').conflicts('json'),
    )
    .option('--json', 'one JSON object per image and line')
  return withLabelsOption(withModelOptions(command))
    .addHelpText(
      'after',
      examples(
        ['vitrine classify cat.jpg', 'with the model of this package'],
        ['vitrine classify photos --csv --top 1', 'a folder, as CSV; -r includes its subfolders'],
        ["vitrine classify 'photos/**/*.jpg' --json", 'JSON lines, for programs'],
        ['curl -s URL | vitrine classify -', 'an image from the standard input'],
        ['vitrine classify cat.jpg --weights B_16', 'with a published checkpoint'],
        ['vitrine classify cat.jpg --weights own.npz', 'with a checkpoint of your own'],
      ),
    )
    .action((images: string[], flags: Flags) => classify(images, flags, signal))
}

async function classify(names: string[], flags: Flags, signal: AbortSignal): Promise<void> {
  const load = async () => {
    const model = await loadModel(flags, signal)
    if (model.config.classes > 0) return model
    model.dispose()
    throw new UnsupportedError(
      'This model has no classes of its own. See vitrine embed, or vitrine zero-shot for a model of images and texts.',
    )
  }
  const outcomes = eachImage(names, flags, { shown: true, signal, load }, (model, image, stop) =>
    model.classify(image, { topK: flags.top, signal: stop }),
  )
  await printPredictions(outcomes, flags, signal)
}
