import { parseObject } from '../../checkpoint/beside/json.ts'
import { beginsObject, maxBytes, type TextFile } from '../text-files.ts'
import type { TextRules } from '../text-rules.ts'
import { type ClipRules, ClipTokenizer } from './clip.ts'
import { clipFromMerges, clipFromVocabulary } from './merges-file.ts'
import { clipFromJson } from './tokenizer-json.ts'
import { transformersRules } from './transformers-rules.ts'
import type { BpeVocabulary } from './vocabulary.ts'

/** CLIP's tokenizer, of any of its files. */
export async function makeClipTokenizer(
  file: TextFile,
  rules: TextRules,
  vocabulary?: TextFile,
): Promise<ClipTokenizer> {
  return new ClipTokenizer(await readVocabulary(file, vocabulary), await clipRules(rules))
}

async function readVocabulary(file: TextFile, vocabulary?: TextFile): Promise<BpeVocabulary> {
  const { bytes, name } = file
  if (beginsObject(bytes)) return clipFromJson(parseObject(bytes, name), name)
  return vocabulary ? clipFromVocabulary(vocabulary, file) : clipFromMerges(bytes, name, maxBytes)
}

/** Only open_clip's cleaning needs the names of HTML's references, which are 13 kB. */
async function clipRules({ library, clean = 'lower' }: TextRules): Promise<ClipRules> {
  if (library === 'transformers') return transformersRules
  const { openClipRules } = await import('./open-clip-rules.ts')
  return openClipRules(clean)
}
