import { type Field, type Fields, flag, isArrayOf, signalField } from '../fields.ts'
import type { RunOptions } from '../model/options.ts'

/** Options of `embedText`. */
export interface EmbedTextOptions extends RunOptions {
  /** Whether each vector is `x / (|x| + 1e-8)`, as LiT compares them; false by default. */
  normalize?: boolean | undefined
}

/** Options of `zeroShot`. */
export interface ZeroShotOptions extends RunOptions {
  /**
   * Texts with `{}` where the label goes, such as `a photo of a {}`. The embedding of a label is the mean over all. By
   * default the label itself.
   */
  templates?: readonly string[] | undefined
  /**
   * Whether each label is judged for itself, against the same text without a label, so that several may be probable;
   * false by default: the probabilities of all labels sum to 1.
   */
  multiLabel?: boolean | undefined
}

const templates: Field = {
  wanted: 'an array of texts, each with {} where the label goes',
  valid: (value) =>
    isArrayOf(value, (one) => typeof one === 'string' && one.includes('{}')) && value.length > 0,
}

export const embedTextFields: Fields<EmbedTextOptions> = { normalize: flag, signal: signalField }

export const zeroShotFields: Fields<ZeroShotOptions> = {
  templates,
  multiLabel: flag,
  signal: signalField,
}
