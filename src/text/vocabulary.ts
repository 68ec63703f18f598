import type { Neighbours } from '../checkpoint/source/neighbours.ts'
import { SourceError } from '../errors.ts'
import type { LiTConfig } from '../families/lit/config.ts'
import { readSentencePiece } from './sentencepiece/sentencepiece.ts'
import { blamingNeighbour, readBeside, readGiven, type VocabularyInput } from './text-files.ts'
import type { Tokenizer } from './tokenizer.ts'
import { readWordPieces } from './wordpiece/wordpiece.ts'

/** The files of the two kinds of tokenizers. */
const kinds = {
  wordpiece: { extension: 'txt', other: 'vocab.txt', read: readWordPieces },
  sentencepiece: { extension: 'model', other: 'sentencepiece.model', read: readSentencePiece },
} as const

/** The kind of tokenizer that a text tower has. */
const kindOf: Readonly<Record<LiTConfig['textTower'], keyof typeof kinds>> = {
  bert: 'wordpiece',
  transformer: 'sentencepiece',
}

/**
 * The tokenizer of a LiT's text tower: the given one, or the one beside the checkpoint, which has the checkpoint's name
 * as in the release (`LiT-B16B.txt` beside `LiT-B16B.npz`), or `vocab.txt` or `sentencepiece.model`.
 * @param checkpoint its name
 * @throws SourceError where there is none; FormatError for another file
 */
export async function findTokenizer(
  { textTower }: LiTConfig,
  given: VocabularyInput | undefined,
  checkpoint: string,
  neighbours: Neighbours | undefined,
  signal: AbortSignal | undefined,
): Promise<Tokenizer> {
  const { extension, other, read } = kinds[kindOf[textTower]]
  if (given !== undefined) {
    const { bytes, name } = await readGiven(given, signal)
    return read(bytes, name)
  }
  const stem = checkpoint.replace(/^.*[\\/]/, '').replace(/\.(npz|safetensors)$/, '')
  for (const file of neighbours ? [`${stem}.${extension}`, other] : []) {
    const found = await readBeside(file, neighbours!, signal)
    if (found) return blamingNeighbour(found, () => read(found.bytes, found.name))
  }
  const where = neighbours
    ? `neither ${stem}.${extension} nor ${other} lies beside it`
    : 'nothing lies beside bytes and streams'
  throw new SourceError(
    `${checkpoint} needs the vocabulary of its texts, and ${where}. Pass the file as the option vocabulary (--vocabulary FILE); that of a published LiT-NAME.npz is LiT-NAME.${extension}.`,
  )
}
