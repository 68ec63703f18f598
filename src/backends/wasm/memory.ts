import { MemoryError } from '../../errors.ts'
import { MAX_BYTES, PAGE } from './layout.ts'

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20).toLocaleString('en')} MiB`

/** The linear memory of one model. It grows; views of it are only valid until it does. */
export class LinearMemory {
  readonly memory: WebAssembly.Memory

  /** @throws MemoryError where the machine or 32-bit addresses do not have that much */
  constructor(bytes: number) {
    check(bytes)
    const initial = Math.ceil(bytes / PAGE)
    try {
      this.memory = new WebAssembly.Memory({ initial, maximum: MAX_BYTES / PAGE })
    } catch (cause) {
      throw new MemoryError(`Can't allocate ${mebibytes(bytes)} for a model.`, { cause })
    }
  }

  /** Makes sure that addresses below `bytes` exist. */
  reserve(bytes: number): void {
    check(bytes)
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

  words(address: number, count: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, address, count)
  }
}

function check(bytes: number): void {
  if (bytes <= MAX_BYTES) return
  throw new MemoryError(
    `This model needs ${mebibytes(bytes)}; WebAssembly's 32-bit memory ends at ${mebibytes(MAX_BYTES)}.`,
  )
}
