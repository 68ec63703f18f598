/** Bytes of a buffer. Big reads go in pieces of this size, so that no second copy of a checkpoint is in memory. */
export const chunkBytes = 1 << 18

/**
 * Buffers for reading one file, used again from tensor to tensor: the garbage of a whole checkpoint
 * would count as memory that loading takes.
 */
export class Buffers {
  readonly #free: Uint8Array<ArrayBuffer>[] = []

  /** One of `chunkBytes`, with anything in it, to be given back. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#free.pop() ?? new Uint8Array(chunkBytes)
  }

  giveBack(buffer: Uint8Array<ArrayBuffer>): void {
    this.#free.push(buffer)
  }
}
