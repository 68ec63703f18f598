import { foldSpaces } from './white-space.ts'

const punctuation = /[!-/:-@[-`{-~]/g

/** The form in which SigLIP was trained on texts: small letters, no ASCII punctuation, single spaces. */
export const canonical = (text: string): string =>
  foldSpaces(text.toLowerCase().replace(punctuation, ''))
