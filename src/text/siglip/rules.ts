import { canonical } from '../cleaning/canonical.ts'
import { lowerEach } from '../cleaning/lower-case.ts'

/** How a library prepares texts for SigLIP's model. */
export interface SigLipRules {
  /** A text, or one of the runs between marks. */
  clean(text: string): string
  /** Whether marks (`</s>`, `<eos>`) that stand in a text are marks, and not text. */
  readonly readsMarks: boolean
}

/** transformers' `SiglipTokenizer`, of SigLIP 1, whose model is unigram. */
export const siglipRules: SigLipRules = {
  clean: (text) => canonical(text.replaceAll('\u2581', ' ')),
  readsMarks: true,
}

/** transformers' `Siglip2Tokenizer`, of SigLIP 2, whose model is Gemma's BPE. */
export const siglip2Rules: SigLipRules = { clean: lowerEach, readsMarks: true }
