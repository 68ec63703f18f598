import type { RunOptions } from '../model/options.ts'
import type { Tokenizer } from './tokenizer.ts'
import { readTokenizer, type VocabularyInput } from './vocabulary.ts'

export type { LiTConfig, TextTowerKind } from '../families/lit/config.ts'
export type { ImageTextModel } from './image-text-model.ts'
export { type ImageTextOptions, loadImageText } from './load-image-text.ts'
export { loadZeroShot } from './load-zero-shot.ts'
export type { EmbedTextOptions, ZeroShotOptions } from './options.ts'
export type { Tokenizer } from './tokenizer.ts'
export type { VocabularyInput } from './vocabulary.ts'
export type { ZeroShotClassifier } from './zero-shot.ts'

/**
 * Reads a tokenizer by itself: a `vocab.txt` of an uncased BERT, or a `.model` of sentencepiece (unigram or BPE).
 * @param source a path, a URL or bytes
 * @throws SourceError if it can't be read, FormatError for another file, UnsupportedError for another kind of model
 */
export async function loadTokenizer(
  source: VocabularyInput,
  { signal }: RunOptions = {},
): Promise<Tokenizer> {
  return readTokenizer(source, signal)
}
