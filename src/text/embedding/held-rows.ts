import type { TensorInfo } from '../../checkpoint/checkpoint.ts'
import { decode } from '../../checkpoint/read/decode.ts'
import { allocate } from '../../checkpoint/read/dtype.ts'
import { floatsToHalves } from '../../checkpoint/read/half.ts'
import { DisposedError, MemoryError } from '../../errors.ts'
import type { TableRows } from './rows.ts'

/** A table in memory, in as many bytes as its file has, where the file can't be read again. */
export class HeldRows implements TableRows {
  readonly #dtype: 'f32' | 'f16' | 'bf16'
  readonly #width: number
  #values: Float32Array | Uint16Array | undefined

  /** @throws MemoryError where there is no room for it */
  constructor({ name, dtype, shape }: TensorInfo) {
    const [rows, width] = shape as [number, number]
    this.#width = width
    this.#dtype = dtype === 'f16' || dtype === 'bf16' ? dtype : 'f32'
    this.#values =
      this.#dtype === 'f32' ? allocate(rows * width, name) : allocateHalves(rows * width, name)
  }

  /** Takes values `start`, `start + 1`, … of the table, which come in f32 and are stored as they were. */
  write(start: number, values: Float32Array): void {
    if (this.#dtype === 'f16') this.#values!.set(floatsToHalves(values, 'the table'), start)
    else if (this.#dtype === 'f32') this.#values!.set(values, start)
    else {
      const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
      for (let i = 0; i < bits.length; i++) this.#values![start + i] = bits[i]! >>> 16
    }
  }

  async read(pieces: Iterable<number>): Promise<ReadonlyMap<number, Float32Array>> {
    const rows = new Map<number, Float32Array>()
    for (const piece of pieces) rows.set(piece, this.#row(piece))
    return rows
  }

  close(): void {
    this.#values = undefined
  }

  #row(piece: number): Float32Array {
    if (!this.#values) throw new DisposedError('The model')
    const stored = this.#values.subarray(piece * this.#width, (piece + 1) * this.#width)
    if (stored instanceof Float32Array) return stored
    const row = new Float32Array(this.#width)
    decode(
      new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength),
      this.#dtype,
      false,
      row,
    )
    return row
  }
}

function allocateHalves(length: number, what: string): Uint16Array {
  try {
    return new Uint16Array(length)
  } catch (cause) {
    throw new MemoryError(`There is no room for the ${length * 2} bytes of ${what}.`, { cause })
  }
}
