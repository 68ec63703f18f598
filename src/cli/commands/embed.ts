import { Command, Option } from 'commander'
import type { AnyConfig } from '../../families/architectures.ts'
import { UsageError } from '../exit.ts'
import { examples } from '../help-text.ts'
import { eachImage, failureOf, type Outcome } from '../inputs/each-image.ts'
import { type ImageFlags, withImageOptions } from '../inputs/images.ts'
import { loadModel, type ModelFlags, withModelOptions } from '../options/model.ts'
import { loadTextModel, withVocabularyOption } from '../options/text-model.ts'
import { elapsed, writeData, writeJSON } from '../output.ts'
import type { Embedding } from '../output-files/save-vectors.ts'

interface Flags extends ModelFlags, ImageFlags {
  text?: readonly string[]
  vocabulary?: string
  output?: string
  names?: string
  normalize?: true
  csv?: true
  json?: true
}

/** `vitrine embed`: images or texts as vectors. */
export function embedCommand(signal: AbortSignal): Command {
  const command = withImageOptions(new Command('embed'))
    .description('Turn images into vectors, for search and comparison; or texts, with LiT.')
    .option(
      '--text <text>',
      'embed a text instead of images (repeatable)',
      (text, previous: readonly string[] = []) => [...previous, text],
    )
    .option('-o, --output <file>', 'write a NumPy file, .npy: float32, one row per image or text')
    .option('--names <file>', 'with -o: the image or text of each row, as lines or .json')
    .option('--normalize', 'scale vectors to length 1 (L2)')
    .addOption(new Option('--csv', 'a header, then one record per image').conflicts('json'))
    .option('--json', 'one JSON object per image and line')
  return withVocabularyOption(withModelOptions(command))
    .addHelpText(
      'after',
      examples(
        ['vitrine embed cat.jpg', 'one image a line, numbers separated by blanks'],
        ['vitrine embed photos -o photos.npy --names photos.txt', 'a folder, for NumPy'],
        ['vitrine embed *.jpg --json > vectors.jsonl', 'JSON lines, for programs'],
        ['find . -name "*.jpg" | vitrine embed --files-from - --csv', 'a list of files, as CSV'],
        ['vitrine embed --text "a red car" --weights LiT-B16B_2', 'a text, in the space of images'],
      ),
    )
    .action((images: string[], flags: Flags) => embed(images, flags, signal))
}

async function embed(images: string[], flags: Flags, signal: AbortSignal): Promise<void> {
  const { output, names, csv, json } = flags
  const outcomes = computeFor(images, flags, signal)
  if (output === undefined) {
    if (names !== undefined) throw new UsageError('--names needs -o FILE.npy.')
    return print(outcomes, flags, signal)
  }
  if (csv || json) throw new UsageError('-o writes a NumPy file; leave out --csv and --json.')
  const { checkFiles, saveVectors } = await import('../output-files/save-vectors.ts')
  const files = { output, names }
  checkFiles(files)
  await saveVectors(outcomes, files, signal)
}

type Outcomes = AsyncGenerator<Outcome<Embedding>>

/** @throws UsageError for flags that say nothing of what is embedded */
function computeFor(images: readonly string[], flags: Flags, signal: AbortSignal): Outcomes {
  const { text, vocabulary, filesFrom } = flags
  if (text === undefined) {
    if (vocabulary !== undefined) throw new UsageError('--vocabulary is that of texts; see --text.')
    return embedImages(images, flags, signal)
  }
  if (images.length > 0 || filesFrom !== undefined) {
    throw new UsageError('embed takes images or --text, not both; run it once for each.')
  }
  return embedTexts(text, flags, signal)
}

async function print(outcomes: Outcomes, flags: Flags, signal: AbortSignal): Promise<void> {
  const { csv, json, text } = flags
  const { csvRecord } = await import('../output-files/csv.ts')
  const subject = text ? 'text' : 'image'
  let hasHeader = false
  for await (const outcome of outcomes) {
    if ('error' in outcome) {
      if (json) await writeJSON(failureOf(outcome), signal)
      continue
    }
    const { image: name, ms } = outcome
    const { values } = outcome.value
    if (json) await writeJSON({ [subject]: name, embedding: values, ms }, signal)
    else if (!csv) await writeData(`${values.join(' ')}\n`, signal)
    else {
      if (!hasHeader) await writeData(csvRecord([subject, ...values.keys()]), signal)
      hasHeader = true
      await writeData(csvRecord([name, ...values]), signal)
    }
  }
}

function embedImages(names: readonly string[], flags: Flags, signal: AbortSignal): Outcomes {
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

/** All texts together: those of one length are computed at once. */
async function* embedTexts(
  texts: readonly string[],
  { labels: _, ...flags }: Flags,
  signal: AbortSignal,
): Outcomes {
  const { normalize = false } = flags
  const model = await loadTextModel(flags, signal)
  try {
    const start = performance.now()
    const vectors = await model.embedText(texts, { normalize, signal })
    const ms = elapsed(start)
    for (const [i, values] of vectors.entries()) {
      yield { image: texts[i]!, value: { values, width: values.length }, ms }
    }
  } finally {
    model.dispose()
  }
}
