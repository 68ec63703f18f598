import { createSha256 } from '../../bytes/sha256.ts'
import { chunkBytes } from '../../checkpoint/buffers.ts'
import type { Hasher } from '../../platform/platform.ts'
import type { Part, PartState } from '../cache/cache.ts'
import type { Sink } from './transfer.ts'

/** A part whose hash is computed while it comes. */
export class HashedSink implements Sink {
  readonly #part: Part
  readonly #grown: (isNew: boolean) => void
  #hasher: Hasher

  private constructor(part: Part, hasher: Hasher, grown: (isNew: boolean) => void) {
    this.#part = part
    this.#hasher = hasher
    this.#grown = grown
  }

  /** @param grown called when more can be read; or when all was dropped, and what comes may be new */
  static async over(
    part: Part,
    grown: (isNew: boolean) => void,
    signal: AbortSignal,
  ): Promise<HashedSink> {
    const hasher = await createSha256()
    const buffer = new Uint8Array(chunkBytes)
    for (let at = 0; at < part.size; at += chunkBytes) {
      signal.throwIfAborted()
      hasher.update(await part.read(at, Math.min(chunkBytes, part.size - at), buffer))
    }
    return new HashedSink(part, hasher, grown)
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
    await this.#part.restart(state)
    this.#hasher = await createSha256()
    // At the very beginning there is nothing that anybody could have read.
    this.#grown(before !== undefined && !same)
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#hasher.update(bytes)
    await this.#part.append(bytes)
    this.#grown(false)
  }

  async flush(): Promise<void> {
    await this.#part.flush()
    this.#grown(false)
  }

  digest(): string {
    return this.#hasher.digest()
  }
}
