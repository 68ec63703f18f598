import type { TensorInfo } from '../../checkpoint/checkpoint.ts'
import { decode } from '../../checkpoint/read/decode.ts'
import { itemSize } from '../../checkpoint/read/dtype.ts'
import type { ByteSource } from '../../checkpoint/source/source.ts'
import { DisposedError, NumericError, SourceError } from '../../errors.ts'
import { firstNonFinite } from '../../finite.ts'
import type { TableRows } from './rows.ts'

/** Rows that are read side by side. */
const together = 8

/** Values of rows that are kept: 4 MiB of f32. The pieces of prompts and of padding are the same in most texts. */
const keptValues = 1 << 20

/** A table that stays in its file, of which rows are read when a text needs them. */
export class StoredRows implements TableRows {
  readonly #source: ByteSource
  readonly #offset: number
  readonly #tensor: TensorInfo
  readonly #width: number
  /** The rows that were used last, in this order. */
  readonly #kept = new Map<number, Float32Array>()
  #isClosed = false

  /**
   * @param source of its own, which it closes
   * @param offset of the first value, little-endian
   */
  constructor(source: ByteSource, offset: number, tensor: TensorInfo) {
    this.#source = source
    this.#offset = offset
    this.#tensor = tensor
    this.#width = tensor.shape[1]!
  }

  async read(
    pieces: Iterable<number>,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<number, Float32Array>> {
    const found = new Map<number, Float32Array>()
    const missing: number[] = []
    for (const piece of pieces) {
      const row = this.#kept.get(piece)
      if (row) found.set(piece, row)
      else missing.push(piece)
    }
    for (const [piece, row] of await this.#readAll(missing, signal)) found.set(piece, row)
    for (const [piece, row] of found) this.#keep(piece, row)
    return found
  }

  close(): void {
    this.#isClosed = true
    this.#kept.clear()
    // Nothing is written, so nothing is lost if it fails.
    this.#source.close().catch(() => {})
  }

  async #readAll(
    pieces: readonly number[],
    signal: AbortSignal | undefined,
  ): Promise<[number, Float32Array][]> {
    const rows: [number, Float32Array][] = []
    try {
      for (let at = 0; at < pieces.length; at += together) {
        if (this.#isClosed) throw new DisposedError('The model')
        signal?.throwIfAborted()
        const some = pieces.slice(at, at + together)
        rows.push(
          ...(await Promise.all(
            some.map(
              async (piece) => [piece, await this.#row(piece, signal)] as [number, Float32Array],
            ),
          )),
        )
      }
      // Afterwards, so that it is known of all that was read.
      if (rows.length > 0 && (await this.#source.isUnchanged?.()) === false) {
        throw new SourceError(
          `${this.#source.name} was changed since the model was loaded, which reads embeddings of tokens from it. Load the model again.`,
        )
      }
    } catch (error) {
      // A file that was closed meanwhile fails in many ways.
      throw this.#isClosed ? new DisposedError('The model') : error
    }
    return rows
  }

  async #row(piece: number, signal: AbortSignal | undefined): Promise<Float32Array> {
    const { name, dtype } = this.#tensor
    const bytes = this.#width * itemSize[dtype]
    const stored = await this.#source.read(this.#offset + piece * bytes, bytes, signal)
    const values = new Float32Array(this.#width)
    decode(stored, dtype, false, values)
    const wrong = firstNonFinite(values)
    if (wrong < 0) return values
    throw new NumericError(
      `${name} of ${this.#source.name} has values that are not finite: the row ${piece} has ${values[wrong]}. The file is damaged, or its training failed; no answer of such a model means anything.`,
      [name],
    )
  }

  #keep(piece: number, row: Float32Array): void {
    if (this.#isClosed) return
    this.#kept.delete(piece)
    this.#kept.set(piece, row)
    const most = Math.max(1, Math.floor(keptValues / this.#width))
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= most) break
      this.#kept.delete(oldest)
    }
  }
}
