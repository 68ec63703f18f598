/** Takes the rows of a picture while it is decoded, so that it is never whole in memory. */
export interface RowSink {
  /**
   * @param y the first row, as stored; rows come from the top down, each once
   * @param rows whole rows, `[count, width, 3]`, valid until this returns
   */
  put(y: number, rows: Uint8Array): void
}
