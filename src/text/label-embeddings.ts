/** What images are compared with: the embeddings of the labels' texts, each of length 1. */
export interface LabelEmbeddings {
  readonly labels: readonly string[]
  /** One for each label. */
  readonly embeddings: readonly Float32Array[]
  /** What cosines are multiplied by. */
  readonly temperature: number
  /** The text without a label, for labels that are judged each for itself. */
  readonly background?: Float32Array | undefined
  /** What is added before a sigmoid, for labels that are judged each for itself. */
  readonly bias?: number | undefined
}
