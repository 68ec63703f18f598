import { parseObject } from '../../checkpoint/beside/json.ts'
import { type ModelFile, readModelFile } from '../sentencepiece/model-file.ts'
import { modelFromJson } from '../sentencepiece/tokenizer-json.ts'
import { beginsObject, type TextFile } from '../text-files.ts'
import type { TextRules } from '../text-rules.ts'
import { type SigLipRules, siglip2Rules, siglipRules } from './rules.ts'
import { SigLipTokenizer } from './siglip.ts'

/** SigLIP's tokenizer, or SigLIP 2's, of any of their files. */
export async function makeSigLipTokenizer(
  file: TextFile,
  rules: TextRules,
): Promise<SigLipTokenizer> {
  const { bytes, name } = file
  const model = beginsObject(bytes)
    ? modelFromJson(parseObject(bytes, name), name)
    : readModelFile(bytes, name)
  return new SigLipTokenizer(model, await sigLipRules(rules, model.type), name)
}

async function sigLipRules(
  { library, clean = 'canonicalize' }: TextRules,
  type: ModelFile['type'],
): Promise<SigLipRules> {
  if (library === 'transformers') return type === 'bpe' ? siglip2Rules : siglipRules
  const { requireCleaning } = await import('../cleaning/open-clip.ts')
  // Canonical texts have no marks: their brackets are gone.
  return { clean: requireCleaning(clean, ['canonicalize']), readsMarks: false }
}
