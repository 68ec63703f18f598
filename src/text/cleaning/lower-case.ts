/**
 * Small letters, each character for itself, as Hugging Face's tokenizers write them: a Σ at the end of a word is σ, not
 * the ς that JavaScript and Python write.
 */
export const lowerEach = (text: string): string => text.replaceAll('Σ', 'σ').toLowerCase()
