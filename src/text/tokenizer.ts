/** Turns texts into the numbers that a text tower embeds. */
export interface Tokenizer {
  /** Whose rules it follows. */
  readonly kind: 'wordpiece' | 'sentencepiece' | 'bpe'
  /** Number of pieces in its vocabulary. */
  readonly size: number
  /**
   * The number that fills up short texts: `[PAD]` of word pieces, the end of a text (`</s>`) of sentencepiece, `<pad>` of
   * SigLIP 2. CLIP's texts are not filled up; this is what its library would take.
   */
  readonly padding: number
  /** The pieces of a text, without those that mark its beginning or end; `[UNK]` or the text itself where none fits. */
  pieces(text: string): string[]
  /**
   * The tokens of a text as a model takes them, marked, cut to `maxLength` and filled up to it. Only CLIP's end where the
   * text ends.
   * @param maxLength from 1, of CLIP from 2
   */
  encode(text: string, maxLength: number): Int32Array
}

/** A text as Unicode: halves of surrogate pairs, which have no UTF-8, become U+FFFD as in `TextEncoder`. */
export const wellFormed = (text: string) => text.replace(/\p{Surrogate}/gu, '\ufffd')
