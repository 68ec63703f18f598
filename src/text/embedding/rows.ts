/** A table `[vocabulary, width]` of which single rows are read. */
export interface TableRows {
  /**
   * The rows of pieces, in f32.
   * @param pieces each once
   * @throws SourceError where the table can't be read any more; NumericError for values that are not finite; DisposedError
   *   when it was closed; the signal's reason
   */
  read(
    pieces: Iterable<number>,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<number, Float32Array>>
  close(): void
}
