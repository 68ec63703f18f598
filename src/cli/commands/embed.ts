import { Command, Option } from 'commander'
import type { AnyConfig } from '../../families/architectures.ts'
import { UsageError } from '../exit.ts'
import { examples } from '../help-text.ts'
import { eachImage, failureOf, type Outcome } from '../inputs/each-image.ts'
import { type ImageFlags, withImageOptions } from '../inputs/images.ts'
import { loadModel, type ModelFlags, withModelOptions } from '../options/model.ts'
import { writeData, writeJSON } from '../output.ts'
import type { Embedding } from '../output-files/save-vectors.ts'

interface Flags extends ModelFlags, ImageFlags {
  output?: string
  names?: string
  normalize?: true
  csv?: true
  json?: true
}

/** `vitrine embed`: images as vectors. */
export function embedCommand(signal: AbortSignal): Command {
  const command = withImageOptions(new Command('embed'))
    .description('Turn images into vectors, for search and comparison.')
    .option('-o, --output <file>', 'write a NumPy file, .npy: float32, one row per image')
    .option('--names <file>', 'with -o: the image of each row, as lines or .json')
    .option('--normalize', 'scale vectors to length 1 (L2)')
    .addOption(new Option('--csv', 'a header, then one record per image').conflicts('json'))
    .option('--json', 'one JSON object per image and line')
  return withModelOptions(command)
    .addHelpText(
      'after',
      examples(
        ['vitrine embed cat.jpg', 'one image a line, numbers separated by blanks'],
        ['vitrine embed photos -o photos.npy --names photos.txt', 'a folder, for NumPy'],
        ['vitrine embed *.jpg --json > vectors.jsonl', 'JSON lines, for programs'],
        ['find . -name "*.jpg" | vitrine embed --files-from - --csv', 'a list of files, as CSV'],
      ),
    )
    .action((images: string[], flags: Flags) => embed(images, flags, signal))
}

async function embed(names: string[], flags: Flags, signal: AbortSignal): Promise<void> {
  const { output, names: namesFile, csv, json } = flags
  if (output === undefined) {
    if (namesFile !== undefined) throw new UsageError('--names needs -o FILE.npy.')
    return print(compute(names, flags, signal), flags, signal)
  }
  if (csv || json) throw new UsageError('-o writes a NumPy file; leave out --csv and --json.')
  const { checkFiles, saveVectors } = await import('../output-files/save-vectors.ts')
  const files = { output, names: namesFile }
  checkFiles(files)
  await saveVectors(compute(names, flags, signal), files, signal)
}

async function print(
  outcomes: AsyncIterable<Outcome<Embedding>>,
  { csv, json }: Flags,
  signal: AbortSignal,
): Promise<void> {
  const { csvRecord } = await import('../output-files/csv.ts')
  let hasHeader = false
  for await (const outcome of outcomes) {
    if ('error' in outcome) {
      if (json) await writeJSON(failureOf(outcome), signal)
      continue
    }
    const { image, ms } = outcome
    const { values } = outcome.value
    if (json) await writeJSON({ image, embedding: values, ms }, signal)
    else if (!csv) await writeData(`${values.join(' ')}\n`, signal)
    else {
      if (!hasHeader) await writeData(csvRecord(['image', ...values.keys()]), signal)
      hasHeader = true
      await writeData(csvRecord([image, ...values]), signal)
    }
  }
}

function compute(
  names: readonly string[],
  flags: Flags,
  signal: AbortSignal,
): AsyncGenerator<Outcome<Embedding>> {
  const { normalize = false, output } = flags
  const shown = output === undefined
  const load = () => loadModel(flags, signal)
  let width: number | undefined
  return eachImage(names, flags, { shown, signal, load }, async (model, image, stop) => {
    const values = await model.embed(image, { normalize, signal: stop })
    width ??= await featureWidth(model.config)
    return { values, width }
  })
}

/** How long a vector is: of the image, or of each token of a model that does not pool them. */
async function featureWidth(config: AnyConfig): Promise<number> {
  const { programOf } = await import('../../families/architectures.ts')
  const { outputs, values } = programOf(config)
  return values[outputs.features!]!.shape[1]
}
