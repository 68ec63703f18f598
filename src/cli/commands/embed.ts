import { Command, Option } from 'commander'
import type { AnyConfig } from '../../families/architectures.ts'
import type { ImageModel } from '../../model/image-model.ts'
import type { Pool } from '../../model/pools.ts'
import type { Maker } from '../../vectors/record.ts'
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
  pool?: Pool
  output?: string | undefined
  out?: string
  outDtype?: 'f16' | 'f32'
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
    .addOption(
      new Option(
        '--pool <name>',
        'of images: the class token, the mean of the patches, the attention pooling, or all tokens of patches (default: what the head multiplies)',
      ).choices(['class', 'mean', 'map', 'tokens']),
    )
    .option(
      '-o, --output <file>',
      'write .npy, .parquet or .jsonl: one row per image or text (also --out)',
    )
    .addOption(new Option('--out <file>').hideHelp().conflicts('output'))
    .addOption(
      new Option('--out-dtype <type>', 'with -o: the type of the numbers (default: f32)').choices([
        'f32',
        'f16',
      ]),
    )
    .option('--names <file>', 'with -o FILE.npy: the image or text of each row, as lines or .json')
    .option('--normalize', 'scale vectors to length 1 (L2)')
    .addOption(new Option('--csv', 'a header, then one record per image').conflicts('json'))
    .option('--json', 'one JSON object per image and line')
  return withVocabularyOption(withModelOptions(command))
    .addHelpText(
      'after',
      examples(
        ['vitrine embed cat.jpg', 'one image a line, numbers separated by blanks'],
        ['vitrine embed photos -o photos.npy', 'a folder, for NumPy and vitrine search'],
        ['vitrine embed -r photos -o photos.parquet --out-dtype f16', 'with its subfolders, small'],
        ['vitrine embed *.jpg --json > vectors.jsonl', 'JSON lines, for programs'],
        ['find . -name "*.jpg" | vitrine embed --files-from - --csv', 'a list of files, as CSV'],
        ['vitrine embed --text "a red car" --weights LiT-B16B_2', 'a text, in the space of images'],
      ),
    )
    .action((images: string[], flags: Flags) => embed(images, flags, signal))
}

async function embed(images: string[], flags: Flags, signal: AbortSignal): Promise<void> {
  const { names, csv, json, outDtype } = flags
  const output = flags.output ?? flags.out
  const told: { maker?: Maker } = {}
  const outcomes = computeFor(images, { ...flags, output }, told, signal)
  if (output === undefined) {
    if (names !== undefined) throw new UsageError('--names needs -o FILE.npy.')
    if (outDtype !== undefined) throw new UsageError('--out-dtype needs -o FILE.')
    return print(outcomes, flags, signal)
  }
  if (csv || json) throw new UsageError('-o writes a file; leave out --csv and --json.')
  const { checkFiles, saveVectors } = await import('../output-files/save-vectors.ts')
  const files = { output, names, dtype: outDtype ?? 'f32' }
  checkFiles(files)
  const { text, pool = 'own', normalize: normalized = false } = flags
  const described = { subject: text ? 'text' : 'image', pool, normalized } as const
  await saveVectors(outcomes, files, described, () => told.maker!, signal)
}

type Outcomes = AsyncGenerator<Outcome<Embedding>>

/**
 * @param told receives what made the vectors, if a file is written, before the first of them
 * @throws UsageError for flags that say nothing of what is embedded
 */
function computeFor(
  images: readonly string[],
  flags: Flags,
  told: { maker?: Maker },
  signal: AbortSignal,
): Outcomes {
  const { text, vocabulary, filesFrom, pool, output, weights } = flags
  const describe = async <M extends ImageModel<AnyConfig>>(model: M): Promise<M> => {
    if (output === undefined) return model
    const { makerOf } = await import('../../vectors/record.ts')
    told.maker = await makerOf(model, weights)
    return model
  }
  if (text === undefined) {
    if (vocabulary !== undefined) throw new UsageError('--vocabulary is that of texts; see --text.')
    return embedImages(images, flags, describe, signal)
  }
  if (images.length > 0 || filesFrom !== undefined) {
    throw new UsageError('embed takes images or --text, not both; run it once for each.')
  }
  if (pool !== undefined) throw new UsageError('--pool is that of images; leave it out.')
  return embedTexts(text, flags, describe, signal)
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

type Describe = <M extends ImageModel<AnyConfig>>(model: M) => Promise<M>

function embedImages(
  names: readonly string[],
  flags: Flags,
  describe: Describe,
  signal: AbortSignal,
): Outcomes {
  const { normalize = false, output, pool } = flags
  const shown = output === undefined
  const load = async () => described(await loadModel(flags, signal), describe)
  let width: number | undefined
  return eachImage(names, flags, { shown, signal, load }, async (model, image, stop) => {
    const options = { normalize, signal: stop }
    if (pool === 'tokens') {
      const { patches: values, shape } = await model.embed(image, { ...options, pool })
      return { values, width: shape[1] }
    }
    const values = await model.embed(image, { ...options, pool })
    width ??= pool === undefined ? await featureWidth(model.config) : values.length
    return { values, width }
  })
}

/** Frees the model where that fails. */
async function described<M extends ImageModel<AnyConfig>>(model: M, describe: Describe) {
  try {
    return await describe(model)
  } catch (error) {
    model.dispose()
    throw error
  }
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
  describe: Describe,
  signal: AbortSignal,
): Outcomes {
  const { normalize = false } = flags
  const model = await described(await loadTextModel(flags, signal), describe)
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
