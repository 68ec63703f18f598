import { excerpt } from '../checkpoint/beside/json.ts'
import { ArgumentError } from '../errors.ts'
import type { RunOptions } from '../model/options.ts'
import { beginsMerges, beginsObject, readGiven, type VocabularyInput } from './text-files.ts'
import type { TextRules } from './text-rules.ts'
import { makeTextTokenizer } from './text-tokenizer.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Options of `loadTokenizer`. */
export interface TokenizerOptions extends RunOptions {
  /** Whose texts these are. Needed for files of CLIP and SigLIP; without it the file is LiT's. */
  rules?: TextRules | undefined
}

/**
 * Reads a tokenizer by itself. Without `rules`: a `vocab.txt` of an uncased BERT, or a `.model` of sentencepiece
 * (unigram or BPE), as LiT uses them. With `rules` of CLIP: `tokenizer.json`, `merges.txt`, or
 * `bpe_simple_vocab_16e6.txt`, also packed with gzip; of SigLIP: `tokenizer.json` or a `.model` of sentencepiece.
 * @param source a path, a URL or bytes
 * @throws SourceError if it can't be read, FormatError for another file, UnsupportedError for another kind of model,
 *   LimitError for more than 64 MiB, ArgumentError where `rules` are needed, or are none
 */
export async function loadTokenizer(
  source: VocabularyInput,
  { rules, signal }: TokenizerOptions = {},
): Promise<Tokenizer> {
  if (rules !== undefined) checkRules(rules)
  const file = await readGiven(source, signal)
  if (rules) return makeTextTokenizer(file, rules)
  const { bytes, name } = file
  if (beginsObject(bytes) || beginsMerges(bytes)) {
    throw new ArgumentError(
      `${name} does not say how its model prepares texts: pass the option rules, such as { family: 'clip', library: 'transformers' }.`,
    )
  }
  if (new TextDecoder().decode(bytes.subarray(0, 16)).startsWith('[PAD]')) {
    return (await import('./wordpiece/wordpiece.ts')).readWordPieces(bytes, name)
  }
  return (await import('./sentencepiece/sentencepiece.ts')).readSentencePiece(bytes, name)
}

function checkRules(rules: TextRules): void {
  const { family, library, clean } = rules ?? {}
  const isRight =
    ['clip', 'siglip'].includes(family) &&
    ['transformers', 'open_clip'].includes(library) &&
    (clean === undefined || typeof clean === 'string')
  if (isRight) return
  throw new ArgumentError(
    `rules must be { family: 'clip' or 'siglip', library: 'transformers' or 'open_clip' }, perhaps with clean, not ${excerpt(rules)}.`,
  )
}
