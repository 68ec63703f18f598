import { excerpt, isObject, type JsonFile } from '../checkpoint/beside/json.ts'
import { UnsupportedError } from '../errors.ts'
import type { TextRules } from './text-rules.ts'

/**
 * Refuses what a `tokenizer_config.json` says where it is not done here. What it leaves out is as in the published models.
 * @param padding the piece that fills up texts, of SigLIP
 * @throws UnsupportedError naming the field
 */
export function checkTokenizerConfig(
  { name, json }: JsonFile,
  { library }: TextRules,
  padding?: string,
): void {
  const only = (key: string, wanted: unknown) => {
    const value = isObject(json[key]) ? json[key].content : json[key]
    if (value === undefined || value === null || value === wanted) return
    throw new UnsupportedError(
      `${name} says ${key} ${excerpt(value)}, and only ${excerpt(wanted)} is done here, as in the published models. Mend it, or pass the vocabulary's file as the option vocabulary, which is then read without it.`,
    )
  }
  if (library === 'transformers') only('do_lower_case', true)
  if (padding === undefined) return
  only('pad_token', padding)
  only('padding_side', 'right')
  only('add_bos_token', false)
  only('add_eos_token', true)
}
