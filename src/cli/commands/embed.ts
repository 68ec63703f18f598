import { Command, Option } from 'commander'
import type { ImageInput } from '../../image/image.ts'
import type { ViT } from '../../vit.ts'
import { UsageError } from '../exit.ts'
import { examples } from '../help-text.ts'
import { eachImage, failureOf, type Outcome } from '../inputs/each-image.ts'
import { type ImageFlags, withImageOptions } from '../inputs/images.ts'
import { type ModelFlags, withModelOptions } from '../options/model.ts'
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
    .option('-o, --output <file>', 'write a NumPy file, .npy: float32, a row for each image')
    .option('--names <file>', 'with -o: which image each row is of, as lines or .json')
    .option('--normalize', 'scale vectors to length 1 (L2)')
    .addOption(new Option('--csv', 'a header, then a record for each image').conflicts('json'))
    .option('--json', 'one JSON object per image and line')
  return withModelOptions(command)
    .addHelpText(
      'after',
      examples(
        ['vitrine embed cat.jpg', 'numbers with blanks between, one image a line'],
        ['vitrine embed photos -o photos.npy --names photos.txt', 'a folder, for NumPy'],
        ['vitrine embed *.jpg --json > vectors.jsonl', 'with names, for programs'],
        ['find . -name "*.jpg" | vitrine embed --files-from - --csv', 'what another program finds'],
      ),
    )
    .action((images: string[], flags: Flags) => embed(images, flags, signal))
}

async function embed(words: string[], flags: Flags, signal: AbortSignal): Promise<void> {
  const { output, names, csv, json } = flags
  if (output === undefined) {
    if (names !== undefined) throw new UsageError('--names belongs to -o FILE.npy.')
    return print(compute(words, flags, signal), flags, signal)
  }
  if (csv || json) throw new UsageError('-o writes a NumPy file; leave out --csv and --json.')
  const { checkFiles, saveVectors } = await import('../output-files/save-vectors.ts')
  checkFiles({ output, names })
  await saveVectors(compute(words, flags, signal), { output, names }, signal)
}

async function print(
  outcomes: AsyncIterable<Outcome<Embedding>>,
  { csv, json }: Flags,
  signal: AbortSignal,
): Promise<void> {
  const { csvRecord } = await import('../output-files/csv.ts')
  let begun = false
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
      if (!begun) await writeData(csvRecord(['image', ...values.keys()]), signal)
      await writeData(csvRecord([image, ...values]), signal)
    }
    begun = true
  }
}

function compute(
  words: readonly string[],
  flags: Flags,
  signal: AbortSignal,
): AsyncGenerator<Outcome<Embedding>> {
  const shown = flags.output === undefined
  return eachImage(words, flags, { shown, signal }, (vit, image, stop) =>
    embedding(vit, image, flags, stop),
  )
}

async function embedding(
  vit: ViT,
  image: ImageInput,
  { normalize }: Flags,
  signal: AbortSignal,
): Promise<Embedding> {
  const values = await vit.embed(image, { signal })
  const { classifier } = vit.config
  const pooled = classifier !== 'unpooled' && classifier !== 'token_unpooled'
  const width = pooled ? values.length : vit.config.width
  if (!normalize) return { values, width }
  const scale = (await import('../normalize.ts')).normalize
  return { values: scale(values, width), width }
}
