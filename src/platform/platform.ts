/** A file that can be read at any place. */
export interface RandomAccessFile {
  readonly size: number
  /**
   * Reads exactly `length` bytes or throws a `SourceError`.
   * @param buffer may be read into, and be what the result is a view of, where it is large enough
   */
  read(offset: number, length: number, buffer?: Uint8Array): Promise<Uint8Array>
  close(): Promise<void>
}

/** The little that differs from one JavaScript runtime to the next. */
export interface Platform {
  readonly name: string
  /** Reads a file that comes with the package. `path` is relative to the package's root. */
  readAsset(path: string): Promise<Uint8Array>
  /**
   * Reads a file of a package this one depends on, by module specifier ("package/file.wasm");
   * undefined where modules have no files, and the dependency finds its own.
   */
  readDependency(specifier: string): Promise<Uint8Array | undefined>
  /**
   * Opens a file of the user's, by path or `file:` URL; throws `UnsupportedError` where there is no
   * file system.
   */
  openFile(path: string | URL): Promise<RandomAccessFile>
  /** Reads an environment variable; undefined where there are none. */
  environment(name: string): string | undefined
  /** V8, where the runtime lets a program set its flags. */
  readonly v8?:
    | {
        readonly version: string
        /** As `process.arch`: `x64`, `arm64`, … */
        readonly architecture: string
        /** Whether the process was started with a flag, named without dashes. */
        startedWith(flag: string): boolean
        /** Sets a flag of the engine for the whole process. */
        setFlag(flag: string): void
      }
    | undefined
  /** Lets timers, input and other requests have a turn. */
  yield(): Promise<void>
}
