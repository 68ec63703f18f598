import type { Part, PartState } from './cache.ts'
import { gather } from './gather.ts'

/**
 * A part in memory that never becomes an entry, for when nothing can be stored. It frees released bytes from
 * the start of the file on.
 * @param first bytes received so far
 */
export function memoryPart(state?: PartState, first: readonly Uint8Array[] = []): Part {
  let chunks = [...first]
  let size = first.reduce((sum, chunk) => sum + chunk.length, 0)
  /** The offset of the first chunk. */
  let front = 0
  let released: [start: number, end: number][] = []

  function drop(until: number): void {
    while (chunks.length > 0 && front + chunks[0]!.length <= until) front += chunks.shift()!.length
  }

  return {
    get state() {
      return state
    },
    get size() {
      return size
    },
    async restart(next) {
      state = next
      chunks = []
      released = []
      size = 0
      front = 0
    },
    async append(bytes) {
      chunks.push(new Uint8Array(bytes))
      size += bytes.length
    },
    flush: async () => {},
    async read(offset, length) {
      if (offset < front) throw new Error(`byte ${offset} was released before`)
      return gather(chunks, offset - front, offset - front + length)
    },
    release(start, end) {
      released.push([start, end])
      released.sort((a, b) => a[0] - b[0])
      let until = 0
      for (const [from, to] of released) if (from <= until) until = Math.max(until, to)
      drop(until)
    },
    finish: async () => {},
    async close() {
      chunks = []
    },
    async discard() {
      chunks = []
    },
  }
}
