import { NeighbourError } from '../checkpoint/beside/json.ts'
import type { Neighbours } from '../checkpoint/source/neighbours.ts'
import { openSource } from '../checkpoint/source/open.ts'
import { type ByteSource, readSmall } from '../checkpoint/source/source.ts'
import { FormatError, SourceError } from '../errors.ts'
import type { LiTConfig } from '../families/lit/config.ts'
import { readSentencePiece } from './sentencepiece/sentencepiece.ts'
import type { Tokenizer } from './tokenizer.ts'
import { readWordPieces } from './wordpiece/wordpiece.ts'

/** What a vocabulary can be read from: a path or a URL, or bytes. */
export type VocabularyInput = string | URL | Blob | ArrayBuffer | Uint8Array

/** The largest vocabularies, of 250,000 pieces, have 5 MB. */
const maxBytes = 64 << 20

/** The files of the two kinds of tokenizers. */
const kinds = {
  wordpiece: { extension: 'txt', other: 'vocab.txt', read: readWordPieces },
  sentencepiece: { extension: 'model', other: 'sentencepiece.model', read: readSentencePiece },
} as const

type Kind = keyof typeof kinds

/** The kind of tokenizer that a text tower has. */
const kindOf: Readonly<Record<LiTConfig['textTower'], Kind>> = {
  bert: 'wordpiece',
  transformer: 'sentencepiece',
}

/** Reads a tokenizer. Which kind it is shows in the bytes: a vocabulary of BERT begins with `[PAD]`. */
export async function readTokenizer(
  input: VocabularyInput,
  signal: AbortSignal | undefined,
  wanted?: Kind,
): Promise<Tokenizer> {
  const source = await openSource(input, maxBytes, signal)
  try {
    const bytes = await readSmall(source, maxBytes, signal)
    const kind = wanted ?? (beginsWordPieces(bytes) ? 'wordpiece' : 'sentencepiece')
    return kinds[kind].read(bytes, source.name)
  } finally {
    await source.close()
  }
}

const beginsWordPieces = (bytes: Uint8Array) =>
  new TextDecoder().decode(bytes.subarray(0, 16)).startsWith('[PAD]')

/**
 * The tokenizer of a text tower: the given one, or the one beside the checkpoint, which has the checkpoint's name as in
 * the release (`LiT-B16B.txt` beside `LiT-B16B.npz`), or `vocab.txt` or `sentencepiece.model`.
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
  const kind = kindOf[textTower]
  if (given !== undefined) return readTokenizer(given, signal, kind)
  const { extension, other, read } = kinds[kind]
  const stem = checkpoint.replace(/^.*[\\/]/, '').replace(/\.(npz|safetensors)$/, '')
  for (const name of neighbours ? [`${stem}.${extension}`, other] : []) {
    const source = await neighbours!.open(name, signal)
    if (source) return readBeside(source, read, signal)
  }
  const where = neighbours
    ? `neither ${stem}.${extension} nor ${other} lies beside it`
    : 'nothing lies beside bytes and streams'
  throw new SourceError(
    `${checkpoint} needs the vocabulary of its texts, and ${where}. Pass the file as the option vocabulary (--vocabulary FILE); that of a published LiT-NAME.npz is LiT-NAME.${extension}.`,
  )
}

/** An error of this file is not one of the checkpoint, which may be in the middle of its download. */
async function readBeside(
  source: ByteSource,
  read: (bytes: Uint8Array, name: string) => Tokenizer,
  signal: AbortSignal | undefined,
): Promise<Tokenizer> {
  const { name } = source
  try {
    return read(await readSmall(source, maxBytes, signal), name)
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    throw new NeighbourError(name, cause.message.slice(name.length + 1), { cause })
  } finally {
    await source.close()
  }
}
