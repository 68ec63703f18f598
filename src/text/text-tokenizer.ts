import { parseObject } from '../checkpoint/beside/json.ts'
import type { Neighbours } from '../checkpoint/source/neighbours.ts'
import { SourceError, UnsupportedError } from '../errors.ts'
import type { ClipRules } from './bpe/clip.ts'
import type { BpeVocabulary } from './bpe/vocabulary.ts'
import type { ModelFile } from './sentencepiece/model-file.ts'
import {
  beginsObject,
  blamingNeighbour,
  maxBytes,
  readBeside,
  readGiven,
  type TextFile,
  type VocabularyInput,
} from './text-files.ts'
import type { Tokenizer } from './tokenizer.ts'

/** What the config of a model of images and texts says of its texts. */
export interface TextRules {
  /**
   * `siglip` is SigLIP 1 or 2, whatever `model_type` says (published SigLIP 2 of a fixed size calls itself `siglip`): a
   * unigram vocabulary is that of 1, Gemma's BPE that of 2.
   */
  readonly family: 'clip' | 'siglip'
  /** Whose files lie there, `config.json` or `open_clip_config.json`: the two clean texts differently. */
  readonly library: 'transformers' | 'open_clip'
  /** open_clip's `text_cfg.tokenizer_kwargs.clean`, where the config has one. */
  readonly clean?: string | undefined
}

/** The files that may hold a vocabulary, in the order in which they are looked for: small ones first. */
const filesOf: Readonly<Record<TextRules['family'], readonly string[]>> = {
  clip: ['merges.txt', 'bpe_simple_vocab_16e6.txt.gz', 'bpe_simple_vocab_16e6.txt', 'tokenizer.json'],
  siglip: ['spiece.model', 'sentencepiece.model', 'tokenizer.model', 'tokenizer.json'],
}

/**
 * The tokenizer of a CLIP's or SigLIP's text tower. `encode(text, length)` gives the tokens as the tower takes them: of
 * CLIP up to the end of the text, at most `length`; of SigLIP always `length`.
 * @param given the file of a vocabulary, instead of those beside the checkpoint
 * @param checkpoint its name, for messages
 * @throws SourceError naming the files that are missing; FormatError for a damaged file; UnsupportedError for the
 *   tokenizer of another model, or a cleaning that is not done here; LimitError for files above 64 MiB
 */
export async function findTextTokenizer(
  rules: TextRules,
  given: VocabularyInput | undefined,
  checkpoint: string,
  neighbours: Neighbours | undefined,
  signal?: AbortSignal,
): Promise<Tokenizer> {
  if (given !== undefined) return makeTextTokenizer(await readGiven(given, signal), rules)
  const files = filesOf[rules.family]
  for (const name of neighbours ? files : []) {
    const file = await readBeside(name, neighbours!, signal)
    if (!file) continue
    const vocabulary =
      name === 'merges.txt' ? await readBeside('vocab.json', neighbours!, signal) : undefined
    return blamingNeighbour(file, () => makeTextTokenizer(file, rules, vocabulary))
  }
  const where = neighbours
    ? `none of ${files.join(', ')} lies beside it`
    : 'nothing lies beside bytes and streams'
  throw new SourceError(
    `${checkpoint} needs the vocabulary of its texts, and ${where}. Put one of these files of the published model there, or pass it as the option vocabulary (--vocabulary FILE).`,
  )
}

/**
 * The tokenizer of a file. What reads it is loaded for it alone.
 * @param vocabulary `vocab.json`, where the file is `merges.txt`; without it the numbers are CLIP's
 * @throws as `findTextTokenizer`
 */
export const makeTextTokenizer = (
  file: TextFile,
  rules: TextRules,
  vocabulary?: TextFile,
): Promise<Tokenizer> =>
  rules.family === 'clip' ? clipTokenizer(file, rules, vocabulary) : sigLipTokenizer(file, rules)

async function clipTokenizer(
  file: TextFile,
  rules: TextRules,
  vocabulary?: TextFile,
): Promise<Tokenizer> {
  const { ClipTokenizer } = await import('./bpe/clip.ts')
  return new ClipTokenizer(await clipVocabulary(file, vocabulary), await clipRules(rules))
}

async function clipVocabulary(file: TextFile, vocabulary?: TextFile): Promise<BpeVocabulary> {
  const { bytes, name } = file
  if (beginsObject(file.bytes)) {
    const { clipFromJson } = await import('./bpe/tokenizer-json.ts')
    return clipFromJson(parseObject(bytes, name), name)
  }
  const { clipFromMerges, clipFromVocabulary } = await import('./bpe/merges-file.ts')
  return vocabulary ? clipFromVocabulary(vocabulary, file) : clipFromMerges(bytes, name, maxBytes)
}

async function clipRules({ library, clean }: TextRules): Promise<ClipRules> {
  if (library === 'transformers') {
    return (await import('./bpe/transformers-rules.ts')).transformersRules
  }
  const { openClipRules } = await import('./bpe/open-clip-rules.ts')
  return openClipRules(await cleaningOf(clean))
}

async function sigLipTokenizer(file: TextFile, rules: TextRules): Promise<Tokenizer> {
  const { SigLipTokenizer } = await import('./siglip/siglip.ts')
  const model = await sentencePieceModel(file)
  const { siglipRules, siglip2Rules } = await import('./siglip/rules.ts')
  if (rules.library === 'transformers') {
    const own = model.type === 'bpe' ? siglip2Rules : siglipRules
    return new SigLipTokenizer(model, own, file.name)
  }
  const { openClipCleanings } = await import('./cleaning/open-clip.ts')
  const clean = openClipCleanings[(await cleaningOf(rules.clean)) ?? 'canonicalize']
  // Canonical texts have no marks: their brackets are gone.
  return new SigLipTokenizer(model, { clean, readsMarks: false }, file.name)
}

async function sentencePieceModel(file: TextFile): Promise<ModelFile> {
  const { bytes, name } = file
  if (beginsObject(file.bytes)) {
    const { modelFromJson } = await import('./sentencepiece/tokenizer-json.ts')
    return modelFromJson(parseObject(bytes, name), name)
  }
  return (await import('./sentencepiece/model-file.ts')).readModelFile(bytes, name)
}

async function cleaningOf(clean: string | undefined) {
  if (clean === undefined) return undefined
  const { openClipCleanings } = await import('./cleaning/open-clip.ts')
  const names = Object.keys(openClipCleanings) as (keyof typeof openClipCleanings)[]
  const found = names.find((name) => name === clean)
  if (found) return found
  throw new UnsupportedError(
    `open_clip_config.json says that texts are cleaned by ${JSON.stringify(clean)}, which is not done here; ${names.join(', ')} are.`,
  )
}
