/** Where a log is written: a file, or anything else that takes bytes in order. */
export interface LogSink {
  /** @throws SourceError where the bytes can't be stored */
  append(bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}
