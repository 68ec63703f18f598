import { createSha256 } from '../../bytes/sha256.ts'
import { chunkBytes } from '../../checkpoint/read/buffers.ts'
import type { Hasher } from '../../platform/platform.ts'
import type { Part, PartState } from '../cache/cache.ts'
import type { Sink } from './transfer.ts'

/** Events for readers of the part. */
export interface SinkEvents {
  /** More bytes are readable; `isNew` if the file restarted with possibly different contents. */
  grown(isNew: boolean): void
  /** The contents are about to be discarded; reads may fail until `restarted`. */
  restarting(): void
  restarted(): void
}

/** Appends to a part and computes its hash. */
export class HashedSink implements Sink {
  readonly #part: Part
  readonly #events: SinkEvents
  #hasher: Hasher

  private constructor(part: Part, hasher: Hasher, events: SinkEvents) {
    this.#part = part
    this.#hasher = hasher
    this.#events = events
  }

  static async over(part: Part, events: SinkEvents, signal: AbortSignal): Promise<HashedSink> {
    const hasher = await createSha256()
    const buffer = new Uint8Array(chunkBytes)
    for (let at = 0; at < part.size; at += chunkBytes) {
      signal.throwIfAborted()
      hasher.update(await part.read(at, Math.min(chunkBytes, part.size - at), buffer))
    }
    return new HashedSink(part, hasher, events)
  }

  get state(): PartState | undefined {
    return this.#part.state
  }

  get size(): number {
    return this.#part.size
  }

  async restart(state: PartState): Promise<void> {
    const { state: before } = this.#part
    const same =
      state.version !== undefined &&
      state.version === before?.version &&
      state.total === before.total
    this.#events.restarting()
    try {
      await this.#part.restart(state)
      this.#hasher = await createSha256()
      // Before the first response nothing can have been read.
      this.#events.grown(before !== undefined && !same)
    } finally {
      this.#events.restarted()
    }
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#hasher.update(bytes)
    await this.#part.append(bytes)
    this.#events.grown(false)
  }

  async flush(): Promise<void> {
    await this.#part.flush()
    this.#events.grown(false)
  }

  digest(): string {
    return this.#hasher.digest()
  }
}
