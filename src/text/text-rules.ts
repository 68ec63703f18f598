import type { Tokenizer } from './tokenizer.ts'

/** What the config of a model of images and texts says of its texts. */
export interface TextRules {
  /**
   * `siglip` is SigLIP 1 or 2, whatever `model_type` says (published SigLIP 2 of a fixed size calls itself `siglip`): a
   * unigram vocabulary is that of 1, Gemma's BPE that of 2.
   */
  readonly family: 'clip' | 'siglip'
  /** Whose files lie there, `config.json` or `open_clip_config.json`: the two clean texts differently. */
  readonly library: 'transformers' | 'open_clip'
  /** open_clip's `text_cfg.tokenizer_kwargs.clean`, where the config has one. */
  readonly clean?: string | undefined
}

/** A tokenizer, and the piece that fills up its texts, where they are filled up. */
export interface TextTokenizer extends Tokenizer {
  readonly paddingPiece?: string
}
