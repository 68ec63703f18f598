import type { HttpGet } from './http.ts'

/** A file with random access. */
export interface RandomAccessFile {
  readonly size: number
  /**
   * Reads exactly `length` bytes or throws a `SourceError`.
   * @param buffer reused for the result if it is large enough
   */
  read(offset: number, length: number, buffer?: Uint8Array): Promise<Uint8Array>
  /** Whether it was not written to since it was opened, as far as the file system tells. */
  isUnchanged?(): Promise<boolean>
  close(): Promise<void>
}

/** An incremental hash. */
export interface Hasher {
  update(bytes: Uint8Array): void
  /** The hash in hexadecimal. Call it once, at the end. */
  digest(): string
}

/** A worker thread, from the side that started it. */
export interface WorkerHandle {
  /**
   * Sends a message; messages arrive in order. Throws for values that can't be cloned.
   * @param transfer what is transferred instead of cloned
   */
  post(message: unknown, transfer?: (ArrayBufferLike | ImageBitmap)[]): void
  /** Whether the thread keeps the process alive; by default it does not. */
  keepAlive(busy: boolean): void
  /** Terminates the thread. `ended` is called after this returns. */
  terminate(): void
}

/** The message port inside a worker. Workers import it as `#port`, and nothing of `#platform`. */
export interface Port {
  listen(take: (message: unknown) => void): void
  post(message: unknown, transfer?: ArrayBufferLike[]): void
  /** Yields to the event loop of the worker, so that messages can be heard. */
  yield(): Promise<void>
}

export interface WorkerEvents {
  message(data: unknown): void
  /** Called once, when the thread could not be started, died or was terminated. */
  ended(reason: string): void
}

/**
 * A store of measurements for the next process or page visit: short texts by name. It is best-effort and never
 * throws, since a lost note only costs a new measurement.
 */
export interface Notes {
  recall(name: string): string | undefined
  remember(name: string, text: string): void
}

/**
 * Reads whole rows of a bitmap: RGBA, not premultiplied, `[count, width, 4]` bytes. The result of an earlier call
 * may be overwritten.
 */
export type ReadRows = (y: number, count: number) => Promise<Uint8ClampedArray>

/** An element or an object of a page that has a picture, such as a canvas or a video. */
export interface PagePicture {
  /**
   * Waits until the picture is there.
   * @returns its size in pixels
   * @throws SourceError if it can't be loaded, ArgumentError if there is none; the signal's reason
   */
  ready(signal?: AbortSignal): Promise<{ readonly width: number; readonly height: number }>
  /**
   * Copies the picture as the page shows it now.
   * @throws SourceError if the page may not read it, for example if it is from another origin
   */
  capture(): Promise<ImageBitmap>
}

/** The runtime's own decoding of images. */
export interface Pictures {
  /**
   * Decodes a file as its pixels are stored, without colour profiles. Browsers differ in which metadata they apply:
   * leave it out.
   * @throws the runtime's error if it can't decode the file
   */
  decode(file: Blob): Promise<ImageBitmap>
  /** What a picture of a page is called in messages, such as `<video>`; undefined for everything else. */
  kind(input: unknown): string | undefined
  /** @param input one that has a kind */
  open(input: unknown): Promise<PagePicture>
  /**
   * What reads bitmaps, at most so many rows at once; undefined if pixels that are read are not those that were
   * drawn, since some browsers add noise against fingerprinting.
   */
  reader(): Promise<((bitmap: ImageBitmap, most: number) => ReadRows) | undefined>
}

/** What differs between JavaScript runtimes. */
export interface Platform {
  readonly name: string
  /** Inflates a raw deflate stream of this package's own. */
  inflateRaw(deflated: Uint8Array): Promise<Uint8Array>
  /**
   * Opens a file by path or `file:` URL; throws `UnsupportedError` where there is no file system.
   */
  openFile(path: string | URL): Promise<RandomAccessFile>
  /** Whether a path exists and is not a folder; false where there is no file system. */
  hasFile(path: string): Promise<boolean>
  /** The names of the files in a folder; undefined if it does not exist. */
  filesIn(path: string): Promise<readonly string[] | undefined>
  /** The names of the folders in a folder, links to folders included; undefined if it does not exist. */
  foldersIn(path: string): Promise<readonly string[] | undefined>
  /** The path of another file in the same folder. */
  siblingPath(path: string, name: string): string
  /** What relative URLs are relative to: the page's address, or the worker's; undefined where there is none. */
  baseUrl(): string | undefined
  readonly request: HttpGet
  /** Whether requests go through an HTTP cache, which keeps whole answers and forgets ranges. */
  readonly cachesWholeAnswers: boolean
  readonly notes: Notes
  /** The runtime's incremental SHA-256, if it has one. */
  sha256?(): Promise<Hasher>
  /** Reads an environment variable; undefined if not set or not available. */
  environment(name: string): string | undefined
  /** V8, where its flags can be set at run time. */
  readonly v8?:
    | {
        readonly version: string
        /** As `process.arch`: `x64`, `arm64`, … */
        readonly architecture: string
        /** The processor's model name. */
        processor(): string
        /** Whether the process was started with a flag, named without dashes. */
        startedWith(flag: string): boolean
        /** Sets a flag of the engine for the whole process. */
        setFlag(flag: string): void
      }
    | undefined
  readonly threads: {
    /** Why threads can't share memory, and what to do about it; undefined where they can. */
    obstacle(): string | undefined
    /** The estimated number of cores that compute at full speed, and what the estimate is based on. */
    cores(): Promise<{ readonly count: number; readonly reason: string }>
    /** Whether this thread may block (`Atomics.wait`). */
    mayBlock(): boolean
    /**
     * Whether a thread has certainly stopped when `ended` is called. Otherwise it may run on for a while: Chromium
     * lets a WebAssembly loop run for up to two more seconds.
     */
    readonly endIsImmediate: boolean
    /** Starts src/backends/wasm/threads/worker.ts. */
    start(events: WorkerEvents): WorkerHandle
    /**
     * Starts src/backends/wasm/remote/worker.ts. Only in a page's main thread, which should not compute; other
     * threads may.
     */
    startRemote?: ((events: WorkerEvents) => WorkerHandle) | undefined
    /** Starts src/image/worker/decode-worker.ts; may throw any error where there are no workers. */
    startDecoder(events: WorkerEvents): WorkerHandle
  }
  /** Undefined where the runtime does not decode images. */
  readonly pictures?: Pictures | undefined
  /** The most memory that decoding one picture may take beside its file and the result, in bytes; undefined where it is not short. */
  readonly decodingBytes?: number | undefined
  /** The memory that this machine or container has, in bytes; undefined where it is not known. */
  memoryBytes?(): number | undefined
  /** Yields to the event loop, so that timers, input and other tasks can run. */
  yield(): Promise<void>
}
