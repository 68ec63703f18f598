import { Command } from 'commander'
import { ArgumentError } from '../../errors.ts'
import type { AnyConfig } from '../../families/architectures.ts'
import type { ImageModel } from '../../model/image-model.ts'
import type { VectorRecord } from '../../vectors/record.ts'
import { UsageError } from '../exit.ts'
import { examples } from '../help-text.ts'
import { readImage } from '../inputs/images.ts'
import { loadModel, type ModelFlags, withModelOptions } from '../options/model.ts'
import { loadTextModel, withVocabularyOption } from '../options/text-model.ts'
import { parseCount } from '../options/values.ts'
import { elapsed, note, write, writeJSON } from '../output.ts'
import { countOf } from '../view/units.ts'

interface Flags extends ModelFlags {
  text?: string
  vocabulary?: string
  top: number
  json?: true
}

/** `vitrine search`: the vectors of a file that are nearest to an image or a text. */
export function searchCommand(signal: AbortSignal): Command {
  const command = new Command('search')
    .description('Find the images of a file of vectors that are most like an image or a text.')
    .argument('<file>', 'the vectors: .npy, .parquet or .jsonl, as vitrine embed -o writes them')
    .argument('[image]', 'a path or URL; - reads the standard input')
    .option('--text <text>', 'search for a text instead of an image')
    .option('--top <n>', 'number of results', parseCount(1), 10)
    .option('--json', 'one JSON object')
  return withVocabularyOption(withModelOptions(command))
    .addHelpText(
      'after',
      examples(
        ['vitrine embed photos -o photos.npy', 'once: the vectors of a folder'],
        ['vitrine search photos.npy cat.jpg', 'the ten photos that are most like this one'],
        [
          'vitrine search photos.npy --text "a red car" --weights LiT-B16B_2',
          'by words, in vectors of LiT-B16B_2',
        ],
      ),
    )
    .action((file: string, image: string | undefined, flags: Flags) =>
      search(file, image, flags, signal),
    )
}

async function search(
  file: string,
  image: string | undefined,
  flags: Flags,
  signal: AbortSignal,
): Promise<void> {
  const { text, vocabulary, top, json } = flags
  if ((image === undefined) === (text === undefined)) {
    throw new UsageError('search takes either an image or --text.')
  }
  if (text === undefined && vocabulary !== undefined) {
    throw new UsageError('--vocabulary is that of texts; see --text.')
  }
  const start = performance.now()
  const [{ openVectors }, { requireMaker }, { Nearest }] = await Promise.all([
    import('../../vectors/open.ts'),
    import('../../vectors/record.ts'),
    import('../../vectors/nearest.ts'),
  ])
  const { record, blocks } = await openVectors(file)
  requireComparable(record, file, flags)
  const query = await embedQuery(image, flags, record, signal, (model) =>
    requireMaker(model, record, file),
  )
  const nearest = new Nearest(query, top)
  for await (const { names, values } of blocks(signal)) nearest.add(names, values)
  const { rows, top: found } = nearest
  if (json) {
    const of = text === undefined ? { image } : { text }
    const rank = found.map(({ name, similarity }) => ({ [record.subject]: name, similarity }))
    return writeJSON({ ...of, file, rows, top: rank, ms: elapsed(start) }, signal)
  }
  const [{ formatTable }, { colours }] = await Promise.all([
    import('../view/table.ts'),
    import('../view/colours.ts'),
  ])
  const columns = [
    { title: 'similarity', text: similarityOf, right: true },
    { title: record.subject, text: ({ name }: { name: string }) => name },
  ]
  await write(formatTable(found, columns, colours(process.stdout).bold), signal)
  note(`the nearest of ${countOf(rows, record.subject)}`)
}

const similarityOf = ({ similarity }: { similarity: number }) => similarity.toFixed(4)

/** @throws ArgumentError for vectors that no image, or no text, can be compared with; UsageError without their model */
function requireComparable(
  { shape, pool, maker, subject }: VectorRecord,
  file: string,
  { text, weights }: Flags,
): void {
  if (shape.length > 1) {
    throw new ArgumentError(
      `${file} has ${shape[0]} vectors for each image (the tokens of its patches), and search compares one: embed the images with another --pool.`,
    )
  }
  const isOwn = pool === 'own'
  if (!isOwn && text !== undefined) {
    throw new ArgumentError(
      `${file} has the pool '${pool}', which does not lie in the space of texts: embed the images without --pool.`,
    )
  }
  if (weights === undefined && maker.weights !== undefined) {
    throw new UsageError(
      `The ${subject}s of ${file} were embedded with --weights ${maker.weights}; name the same model.`,
    )
  }
}

/** @param check of the model, before it computes */
async function embedQuery(
  image: string | undefined,
  flags: Flags,
  { pool }: VectorRecord,
  signal: AbortSignal,
  check: (model: ImageModel<AnyConfig>) => Promise<void>,
): Promise<Float32Array> {
  if (flags.text !== undefined) {
    const { labels: _, text, ...textFlags } = flags
    const model = await loadTextModel(textFlags, signal)
    return disposing(model, async () => {
      await check(model)
      return model.embedText(text!, { signal })
    })
  }
  const input = await readImage(image!, signal)
  const model = await loadModel(flags, signal)
  return disposing(model, async () => {
    await check(model)
    if (pool === 'own') return model.embed(input, { signal })
    if (pool !== 'tokens') return model.embed(input, { pool, signal })
    throw new ArgumentError('The tokens of patches are no vector of an image.')
  })
}

async function disposing<T>(model: { dispose(): void }, use: () => Promise<T>): Promise<T> {
  try {
    return await use()
  } finally {
    model.dispose()
  }
}
