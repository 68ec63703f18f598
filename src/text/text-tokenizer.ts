import type { TextFile } from './text-files.ts'
import type { TextRules, TextTokenizer } from './text-rules.ts'

/**
 * The tokenizer of a file. What reads it is loaded for it alone.
 * @param vocabulary `vocab.json`, where the file is `merges.txt`; without it the numbers are CLIP's
 * @throws FormatError for a damaged file; UnsupportedError for the tokenizer of another model, or a cleaning that is not
 *   done here; LimitError for one that unpacks to more than 64 MiB
 */
export async function makeTextTokenizer(
  file: TextFile,
  rules: TextRules,
  vocabulary?: TextFile,
): Promise<TextTokenizer> {
  if (rules.family === 'clip') {
    const { makeClipTokenizer } = await import('./bpe/make.ts')
    return makeClipTokenizer(file, rules, vocabulary)
  }
  const { makeSigLipTokenizer } = await import('./siglip/make.ts')
  return makeSigLipTokenizer(file, rules)
}
