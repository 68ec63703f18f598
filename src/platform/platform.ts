import type { HttpGet } from './http.ts'

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

/** Computes a hash of bytes as they come. */
export interface Hasher {
  update(bytes: Uint8Array): void
  /** The hash in hexadecimal, once and at the end. */
  digest(): string
}

/** A thread of ours, as the side that started it sees it. */
export interface WorkerHandle {
  /**
   * Messages arrive in order. What can't be copied or shared throws here.
   * @param transfer buffers that are the other side's from now on
   */
  post(message: unknown, transfer?: ArrayBufferLike[]): void
  /** Whether the thread keeps the process alive; it does not unless said so. */
  keepAlive(busy: boolean): void
  /** Ends the thread wherever it is. `ended` is told, though not before this returns. */
  terminate(): void
}

/** The other end of it, in the thread. A worker imports this as `#port` and nothing of `#platform`. */
export interface Port {
  listen(take: (message: unknown) => void): void
  post(message: unknown, transfer?: ArrayBufferLike[]): void
}

export interface WorkerEvents {
  message(data: unknown): void
  /** Told once: the thread could not be started, died or was terminated. */
  ended(reason: string): void
}

/**
 * What was measured here, for the next process or visit: short texts by name. They may be gone at any
 * time and nothing throws, since losing one costs no more than its measurement.
 */
export interface Notes {
  recall(name: string): string | undefined
  remember(name: string, text: string): void
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
  /** Whether something that is no folder lies at this path; never where there is no file system. */
  hasFile(path: string): Promise<boolean>
  /** The names of the files in a folder; undefined where no folder lies at this path. */
  filesIn(path: string): Promise<readonly string[] | undefined>
  /** The path of another file in the folder of this one. */
  siblingPath(path: string, name: string): string
  readonly request: HttpGet
  readonly notes: Notes
  /** The runtime's own SHA-256, where it takes bytes as they come. */
  sha256?(): Promise<Hasher>
  /** Reads an environment variable; undefined where there are none. */
  environment(name: string): string | undefined
  /** V8, where the runtime lets a program set its flags. */
  readonly v8?:
    | {
        readonly version: string
        /** As `process.arch`: `x64`, `arm64`, … */
        readonly architecture: string
        /** What the processor calls itself. */
        processor(): string
        /** Whether the process was started with a flag, named without dashes. */
        startedWith(flag: string): boolean
        /** Sets a flag of the engine for the whole process. */
        setFlag(flag: string): void
      }
    | undefined
  readonly threads: {
    /** Why threads can't share memory here, and what helps; undefined where they can. */
    obstacle(): string | undefined
    /** How many cores compute at full speed, as well as it can be known, and how it is known. */
    cores(): Promise<{ readonly count: number; readonly reason: string }>
    /** Whether this thread may wait for others without giving its event loop a turn. */
    mayBlock(): boolean
    /**
     * Whether a thread of which `ended` is told computes no more. Where not, it may go on for a while:
     * Chromium lets a loop in WebAssembly run for two seconds more.
     */
    readonly endIsCertain: boolean
    /** Starts src/backends/wasm/threads/worker.ts. */
    start(events: WorkerEvents): WorkerHandle
    /** Starts src/image/worker/decode-worker.ts; it may have no workers and throw anything. */
    startDecoder(events: WorkerEvents): WorkerHandle
  }
  /** Lets timers, input and other requests have a turn. */
  yield(): Promise<void>
}
