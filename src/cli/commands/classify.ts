import { Command, Option } from 'commander'
import type { Prediction } from '../../model/predictions.ts'
import { examples } from '../help-text.ts'
import { eachImage, failureOf } from '../inputs/each-image.ts'
import { type ImageFlags, withImageOptions } from '../inputs/images.ts'
import { withLabelsOption } from '../options/labels.ts'
import { type ModelFlags, withModelOptions } from '../options/model.ts'
import { parseCount } from '../options/values.ts'
import { write, writeData, writeJSON } from '../output.ts'
import { predictionView } from '../view/predictions.ts'

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
  const { top: topK, csv, json } = flags
  const { csvRecord } = await import('../output-files/csv.ts')
  const outcomes = eachImage(names, flags, { shown: true, signal }, (vit, image, stop) =>
    vit.classify(image, { topK, signal: stop }),
  )
  let hasHeader = false
  for await (const outcome of outcomes) {
    if (csv && !hasHeader) await writeData(csvRecord(['image', ...COLUMNS]), signal)
    hasHeader = true
    if ('error' in outcome) {
      if (json) await writeJSON(failureOf(outcome), signal)
      continue
    }
    const { image, value: top, ms } = outcome
    if (json) await writeJSON({ image, top, ms }, signal)
    else if (csv) await writeData(records(image, top).map(csvRecord).join(''), signal)
    else await write(predictionView(image, top, ms, process.stdout), signal)
  }
}

const COLUMNS = ['rank', 'index', 'label', 'probability'] as const

const records = (image: string, top: readonly Prediction[]) =>
  top.map(({ index, label, probability }, i) => [image, i + 1, index, label, probability])
