import { readJson } from '../checkpoint/beside/json.ts'
import type { Neighbours } from '../checkpoint/source/neighbours.ts'
import { SourceError } from '../errors.ts'
import { blamingNeighbour, readBeside, readGiven, type VocabularyInput } from './text-files.ts'
import type { TextRules } from './text-rules.ts'
import { makeTextTokenizer } from './text-tokenizer.ts'
import type { Tokenizer } from './tokenizer.ts'
import { checkTokenizerConfig } from './tokenizer-config.ts'

/** The files that may hold a vocabulary, in the order in which they are looked for: small ones first. */
const filesOf: Readonly<Record<TextRules['family'], readonly string[]>> = {
  clip: [
    'merges.txt',
    'bpe_simple_vocab_16e6.txt.gz',
    'bpe_simple_vocab_16e6.txt',
    'tokenizer.json',
  ],
  siglip: ['spiece.model', 'sentencepiece.model', 'tokenizer.model', 'tokenizer.json'],
}

/**
 * The tokenizer of a CLIP's or SigLIP's text tower. `encode(text, length)` gives the tokens as the tower takes them: of
 * CLIP up to the end of the text, at most `length`; of SigLIP always `length`.
 * @param given the file of a vocabulary, instead of those beside the checkpoint
 * @param checkpoint its name, for messages
 * @throws SourceError naming the files that are missing; FormatError for a damaged file; UnsupportedError for the
 *   tokenizer of another model, or what the configs say and is not done here; LimitError for files above 64 MiB
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
    const made = await blamingNeighbour(file, () => makeTextTokenizer(file, rules, vocabulary))
    const config = await readJson(neighbours!, 'tokenizer_config.json', signal)
    if (config) checkTokenizerConfig(config, rules, made.paddingPiece)
    return made
  }
  const where = neighbours
    ? `none of ${files.join(', ')} lies beside it`
    : 'nothing lies beside bytes and streams'
  throw new SourceError(
    `${checkpoint} needs the vocabulary of its texts, and ${where}. Put one of these files of the published model there, or pass it as the option vocabulary (--vocabulary FILE).`,
  )
}
