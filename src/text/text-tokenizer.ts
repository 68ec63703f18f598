import { parseObject } from '../checkpoint/beside/json.ts'
import { UnsupportedError } from '../errors.ts'
import type { ClipRules } from './bpe/clip.ts'
import type { BpeVocabulary } from './bpe/vocabulary.ts'
import type { ModelFile } from './sentencepiece/model-file.ts'
import { beginsObject, maxBytes, type TextFile } from './text-files.ts'
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

/** A tokenizer, and the piece that fills up its texts, where they are filled up. */
export interface TextTokenizer extends Tokenizer {
  readonly paddingPiece?: string
}

/**
 * The tokenizer of a file. What reads it is loaded for it alone.
 * @param vocabulary `vocab.json`, where the file is `merges.txt`; without it the numbers are CLIP's
 * @throws FormatError for a damaged file; UnsupportedError for the tokenizer of another model, or a cleaning that is not
 *   done here; LimitError for one that unpacks to more than 64 MiB
 */
export const makeTextTokenizer = (
  file: TextFile,
  rules: TextRules,
  vocabulary?: TextFile,
): Promise<TextTokenizer> =>
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
  if (beginsObject(bytes)) {
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

async function sigLipTokenizer(file: TextFile, rules: TextRules): Promise<TextTokenizer> {
  const { SigLipTokenizer } = await import('./siglip/siglip.ts')
  const model = await sentencePieceModel(file)
  const { siglipRules, siglip2Rules } = await import('./siglip/rules.ts')
  if (rules.library === 'transformers') {
    const own = model.type === 'bpe' ? siglip2Rules : siglipRules
    return new SigLipTokenizer(model, own, file.name)
  }
  const { openClipCleanings } = await import('./cleaning/open-clip.ts')
  const { clean = 'canonicalize' } = rules
  if (clean !== 'canonicalize') throw otherCleaning(clean, ['canonicalize'])
  // Canonical texts have no marks: their brackets are gone.
  const canonical = { clean: openClipCleanings.canonicalize, readsMarks: false }
  return new SigLipTokenizer(model, canonical, file.name)
}

async function sentencePieceModel(file: TextFile): Promise<ModelFile> {
  const { bytes, name } = file
  if (beginsObject(bytes)) {
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
  throw otherCleaning(clean, names)
}

const otherCleaning = (clean: string, known: readonly string[]) =>
  new UnsupportedError(
    `The config says that texts are cleaned by ${JSON.stringify(clean)} (tokenizer_kwargs.clean), which is not done here; done for this model: ${known.join(', ')}.`,
  )
