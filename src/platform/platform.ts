/** A file that can be read at any place. */
export interface RandomAccessFile {
  readonly size: number
  /** Reads exactly `length` bytes or throws a `SourceError`. */
  read(offset: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}

/** The little that differs from one JavaScript runtime to the next. */
export interface Platform {
  readonly name: string
  /** Reads a file that comes with the package. `path` is relative to the package's root. */
  readAsset(path: string): Promise<Uint8Array>
  /** Opens a file of the user's; throws `UnsupportedError` where there is no file system. */
  openFile(path: string): Promise<RandomAccessFile>
  /** Reads an environment variable; undefined where there are none. */
  environment(name: string): string | undefined
  /** Lets timers, input and other requests have a turn. */
  yield(): Promise<void>
}
