import { inflate } from '../../bytes/inflate.ts'
import { joinBytes } from '../../bytes/join.ts'
import { parseObject } from '../../checkpoint/beside/json.ts'
import { FormatError, LimitError } from '../../errors.ts'
import { numbersOf } from '../json-fields.ts'
import { beginsMerges, isGzip, type TextFile } from '../text-files.ts'
import { byteCharacters } from './byte-alphabet.ts'
import { type BpeVocabulary, bpeVocabulary, wordEnd } from './vocabulary.ts'

/** OpenAI's file has more merges than CLIP's 49,408 pieces need, which are bytes in two forms, two marks, and merges. */
const usedMerges = 49_408 - 2 * 256 - 2

const startPiece = '<|startoftext|>'
const endPiece = '<|endoftext|>'

/**
 * The vocabulary of a file of merges alone: OpenAI's `bpe_simple_vocab_16e6.txt`, perhaps as `.gz`, or `merges.txt`.
 * Its pieces are the bytes, the bytes at the end of a word, the results of the merges, and the two marks.
 * @param most bytes that it may unpack to
 * @throws FormatError for another file, LimitError for one that unpacks to more
 */
export async function clipFromMerges(
  bytes: Uint8Array,
  name: string,
  most: number,
): Promise<BpeVocabulary> {
  const merges = mergesOf(isGzip(bytes) ? await unpack(bytes, name, most) : bytes, name)
  const pieces = [
    ...byteCharacters,
    ...byteCharacters.map((character) => character + wordEnd),
    ...merges.map((merge) => merge.replace(' ', '')),
    startPiece,
    endPiece,
  ]
  const numbers = new Map(pieces.map((piece, number) => [piece, number]))
  return bpeVocabulary({ numbers, merges, startPiece, endPiece }, name)
}

/**
 * The vocabulary of `vocab.json` and `merges.txt`.
 * @throws FormatError where one is another file, or they don't belong together
 */
export function clipFromVocabulary(vocabulary: TextFile, merges: TextFile): BpeVocabulary {
  const numbers = numbersOf(
    parseObject(vocabulary.bytes, vocabulary.name),
    'piece',
    vocabulary.name,
  )
  const parts = { numbers, merges: mergesOf(merges.bytes, merges.name), startPiece, endPiece }
  return bpeVocabulary(parts, `${merges.name} with ${vocabulary.name}`)
}

function mergesOf(bytes: Uint8Array, name: string): string[] {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new FormatError(`${name} is no file of merges: it is not text in UTF-8.`, { cause })
  }
  if (!beginsMerges(bytes)) {
    throw new FormatError(`${name} is no file of merges: its first line lacks "#version: 0.2".`)
  }
  const [, ...lines] = text.split(/\r?\n/, usedMerges + 1)
  return lines.filter((line) => line !== '')
}

async function unpack(bytes: Uint8Array, name: string, most: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of inflate([bytes], 'gzip', name)) {
    size += part.length
    if (size > most) throw new LimitError(`${name} unpacks to more than ${most} bytes.`)
    parts.push(part)
  }
  return joinBytes(parts)
}
