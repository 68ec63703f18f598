import { MemoryError } from '../../../errors.ts'
import { MAX_BYTES, PAGE } from './layout.ts'

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20).toLocaleString('en')} MiB`

/**
 * Maximum sizes to try for a shared memory. Engines reserve the whole address range up front, and not
 * every machine has 4 GiB of it.
 */
const SHARED_LIMITS = [MAX_BYTES, MAX_BYTES / 2, MAX_BYTES / 4, MAX_BYTES / 8]

/** The growable linear memory of one model. Growing invalidates views. */
export class LinearMemory {
  readonly memory: WebAssembly.Memory
  readonly #limit: number

  /**
   * @param shared whether threads share it; kernels built for threads require it
   * @throws MemoryError where it exceeds the machine's memory or 32-bit addresses
   */
  constructor(bytes: number, shared = false) {
    check(bytes, MAX_BYTES)
    const initial = Math.ceil(bytes / PAGE)
    const limits = shared ? SHARED_LIMITS.filter((limit) => bytes <= limit) : [MAX_BYTES]
    let cause: unknown
    for (const limit of limits) {
      try {
        this.memory = new WebAssembly.Memory({ initial, maximum: limit / PAGE, shared })
        this.#limit = limit
        return
      } catch (error) {
        cause = error
      }
    }
    throw new MemoryError(`Can't allocate ${mebibytes(bytes)} for a model.`, { cause })
  }

  /** Grows the memory to at least `bytes`. */
  reserve(bytes: number): void {
    check(bytes, this.#limit)
    const missing = bytes - this.memory.buffer.byteLength
    if (missing <= 0) return
    try {
      this.memory.grow(Math.ceil(missing / PAGE))
    } catch (cause) {
      throw new MemoryError(`Can't grow a model's memory to ${mebibytes(bytes)}.`, { cause })
    }
  }

  floats(address: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, count)
  }

  bytes(address: number, count: number): Int8Array {
    return new Int8Array(this.memory.buffer, address, count)
  }

  words(address: number, count: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, address, count)
  }
}

function check(bytes: number, limit: number): void {
  if (bytes <= limit) return
  throw new MemoryError(
    limit === MAX_BYTES
      ? `This model needs ${mebibytes(bytes)}; WebAssembly's 32-bit memory ends at ${mebibytes(limit)}.`
      : `This model needs ${mebibytes(bytes)}; this machine has ${mebibytes(limit)} of address space for threads to share.`,
  )
}
