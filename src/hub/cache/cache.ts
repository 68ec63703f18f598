import type { ByteSource } from '../../checkpoint/source/source.ts'
import { SourceError } from '../../errors.ts'

/** A complete file in a cache. */
export interface EntryInfo {
  /** The hash of its canonical URL, independent of mirrors. */
  readonly key: string
  /** Display name: `augreg/B_16-…`, `hf:org/name@revision:file`. */
  readonly name: string
  /** The publisher's file name, the last segment of its URL. */
  readonly file: string
  /** Bytes. */
  readonly size: number
  /** In hexadecimal, computed during the download. */
  readonly sha256: string
  /** The server's validator: ETag, or else Last-Modified. */
  readonly version?: string
  /** When it was downloaded, in milliseconds since 1970. */
  readonly added: number
  /** When it was last opened, in milliseconds since 1970. */
  readonly used: number
}

/** A partly downloaded file. */
export interface PartialInfo {
  /** The hash of its canonical URL. */
  readonly key: string
  /** Display name. */
  readonly name: string
  /** Bytes that have arrived. */
  readonly size: number
  /** When it last grew, in milliseconds since 1970. */
  readonly used: number
}

/** A damaged entry: its record is malformed or does not match its file. */
export interface DamagedInfo {
  readonly key: string
  /** The key, if the name can't be read. */
  readonly name: string
  readonly size: number
  readonly used: number
}

/** The contents of a cache. */
export interface Listing {
  readonly whole: EntryInfo[]
  readonly partial: PartialInfo[]
  /** Absent if there is none. */
  readonly damaged?: DamagedInfo[]
}

/** The record of a part, from which a download resumes. */
export interface PartState {
  readonly name: string
  readonly version?: string
  /** The size of the complete file, if the server reported it. */
  readonly total?: number
}

/** A file being downloaded into the cache. Its lock makes this the only writer. */
export interface Part {
  /** Undefined for a new part. */
  readonly state: PartState | undefined
  /** The readable bytes, a prefix of the file. */
  readonly size: number
  /** Discards the contents, to store another version. */
  restart(state: PartState): Promise<void>
  /**
   * Appends a copy of these bytes, which may become readable later.
   * @throws CacheWriteError where these or earlier bytes can't be stored
   */
  append(bytes: Uint8Array): Promise<void>
  /** Waits until all appended bytes are readable. */
  flush(): Promise<void>
  /** Exactly `length` readable bytes; may be a view of `buffer`. */
  read(offset: number, length: number, buffer?: Uint8Array): Promise<Uint8Array>
  /** Marks bytes that will not be read again. A part that will not be kept frees them. */
  release(start: number, end: number): void
  /** Makes the part an entry that can be found. */
  finish(info: Omit<EntryInfo, 'key' | 'added' | 'used'>): Promise<void>
  /** Closes the part and keeps it, so that the download can resume. */
  close(): Promise<void>
  discard(): Promise<void>
}

/** A complete entry. */
export interface Whole {
  readonly info: EntryInfo
  /** Its path; absent where there is no file system. */
  readonly path?: string
  open(): Promise<ByteSource>
}

export interface LockOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once if another process or tab holds the lock. */
  readonly onWait?: (() => void) | undefined
}

/**
 * Where downloads are kept. An entry is complete or absent, even if its writer is killed: it can be found only
 * once all bytes are stored. A part is not an entry. Keys are lower-case hexadecimal.
 */
export interface Cache {
  /** The kind of storage: a folder, or in browsers the private file system, the Cache API, memory. */
  readonly kind: 'files' | 'opfs' | 'cache-api' | 'memory'
  /** Display name: the folder's path, or the kind of storage. */
  readonly place: string
  /** The entry with this key, if there is one. */
  find(key: string): Promise<Whole | undefined>
  /** Opens or creates the part. The caller must hold the lock. */
  begin(key: string): Promise<Part>
  /** Acquires an exclusive lock across processes and tabs. A killed holder loses it. */
  lock(key: string, options?: LockOptions): Promise<() => Promise<void>>
  /** All entries, parts and damaged entries. */
  list(): Promise<Listing>
  /** Removes an entry, a part or a damaged entry. Returns false if it is locked. */
  remove(key: string): Promise<boolean>
}

/** Bytes can't be stored: no space, a quota, a read-only file system. */
export class CacheWriteError extends SourceError {}
