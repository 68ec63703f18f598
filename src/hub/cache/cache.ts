import type { ByteSource } from '../../checkpoint/source/source.ts'
import { SourceError } from '../../errors.ts'

/** What a cache knows of a file. */
export interface EntryInfo {
  /** Of the address that it came from, mirrors aside. */
  readonly key: string
  /** For people: `augreg/B_16-…`, `hf:org/name@revision:file`. */
  readonly name: string
  /** The last part of its address: what the publisher calls it. */
  readonly file: string
  /** Bytes. */
  readonly size: number
  /** In hexadecimal, computed while it came. */
  readonly sha256: string
  /** The server's own mark of this version (ETag, or the time of its last change). */
  readonly version?: string
  /** When it came, and when it was last opened; milliseconds since 1970. */
  readonly added: number
  readonly used: number
}

/** A file of which a part is there, and how much. */
export interface PartialInfo {
  readonly key: string
  readonly name: string
  readonly size: number
  readonly used: number
}

/** What lies in the place of an entry and is none: its record is broken, or does not fit its file. */
export interface DamagedInfo {
  readonly key: string
  /** Its key, where not even its name can be read. */
  readonly name: string
  readonly size: number
  readonly used: number
}

/** All that lies in a cache. */
export interface Listing {
  readonly whole: EntryInfo[]
  readonly partial: PartialInfo[]
  /** Missing where there is none. */
  readonly damaged?: DamagedInfo[]
}

/** What is recorded of a part, so that the rest can be asked for. */
export interface PartState {
  readonly name: string
  readonly version?: string
  /** Of the whole file, where the server says so. */
  readonly total?: number
}

/** A file on its way into the cache. Nobody else writes to it meanwhile. */
export interface Part {
  /** Undefined for a part that was begun just now. */
  readonly state: PartState | undefined
  /** Bytes that can be read, all from the beginning on. */
  readonly size: number
  /** Drops what is there: what comes now is another version. */
  restart(state: PartState): Promise<void>
  /**
   * Adds a copy of these bytes, which may be readable only later.
   * @throws NoRoomError where they, or earlier ones, can't be kept
   */
  append(bytes: Uint8Array): Promise<void>
  /** Waits until all of them are readable. */
  flush(): Promise<void>
  /** Exactly `length` bytes that are there; may be a view of `buffer`. */
  read(offset: number, length: number, buffer?: Uint8Array): Promise<Uint8Array>
  /** Bytes that nobody will read again. A part that is not kept drops them. */
  release(start: number, end: number): void
  /** From now on it is an entry that can be found. */
  finish(info: Omit<EntryInfo, 'key' | 'added' | 'used'>): Promise<void>
  /** Leaves what is there to whoever asks for it next. */
  close(): Promise<void>
  discard(): Promise<void>
}

/** An entry that is whole. */
export interface Whole {
  readonly info: EntryInfo
  /** Where it lies in the file system; undefined where there is none. */
  readonly path?: string
  open(): Promise<ByteSource>
}

export interface LockOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once if somebody else has it. */
  readonly onWait?: (() => void) | undefined
}

/**
 * Where downloads are kept. An entry is whole or absent, whatever happens to those who write it: it
 * is found only after all of it is there. A part is no entry. Keys are lower-case hexadecimal.
 */
export interface Cache {
  readonly kind: 'files' | 'opfs' | 'cache-api' | 'memory'
  /** For people: a folder's path, or in whose storage it is. */
  readonly place: string
  find(key: string): Promise<Whole | undefined>
  /** To be called by who holds the lock. */
  begin(key: string): Promise<Part>
  /** Only one at a time has it, across processes and tabs; who dies gives it back. */
  lock(key: string, options?: LockOptions): Promise<() => Promise<void>>
  list(): Promise<Listing>
  /** Removes an entry, a part or what is damaged. False where it is locked. */
  remove(key: string): Promise<boolean>
}

/** The bytes can't be kept here: no space, a quota, a file system that is read-only. */
export class NoRoomError extends SourceError {}
