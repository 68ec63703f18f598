import type { Region } from '../../backends/backend.ts'
import type { CheckpointFile } from '../../checkpoint/checkpoint.ts'
import type { Matched } from '../../checkpoint/plan/layout.ts'
import { ArgumentError, NumericError } from '../../errors.ts'
import { firstNonFinite } from '../../finite.ts'
import { HeldRows } from './held-rows.ts'
import type { TableRows } from './rows.ts'
import { StoredRows } from './stored-rows.ts'

/** The sizes of a text tower's embedding of tokens. */
export interface EmbeddingSizes {
  readonly vocabulary: number
  readonly positions: number
  readonly width: number
  /** Whether every token gets the same row too: BERT's embedding of the first segment. */
  readonly segment: boolean
}

const table = 'text.embedding.table'
const position = 'text.embedding.position'
const segment = 'text.embedding.segment'

/**
 * The embedding of tokens, computed here and not by the backend: a text needs few rows of a table that has up to 800 MB.
 * The table stays in its file where that can be read at any place, else in memory outside of WebAssembly.
 */
export class TokenEmbedding {
  /** Names of the weights that `take` wants. */
  readonly weights: readonly string[]
  readonly #sizes: EmbeddingSizes
  readonly #rows: TableRows
  readonly #positions: Float32Array
  readonly #segment: Float32Array | undefined

  /**
   * @param plan of the file, which must be open still
   * @throws MemoryError where there is no room for a table that has to be in memory
   */
  constructor(file: CheckpointFile, { pieces }: Matched, sizes: EmbeddingSizes) {
    const { vocabulary, width } = sizes
    const stored = file.tensors.get(pieces.get(table)![0]!.tensor)!
    const place = isScaled(file, stored.name) ? undefined : file.locate?.(stored.name)
    const source = place?.source.share?.()
    this.#sizes = sizes
    this.#rows = source
      ? new StoredRows(source, place!.offset, { ...stored, shape: [vocabulary, width] })
      : new HeldRows({ ...stored, shape: [vocabulary, width] })
    this.#positions = new Float32Array(sizes.positions * width)
    this.#segment = sizes.segment ? new Float32Array(width) : undefined
    this.weights = [...(source ? [] : [table]), position, ...(sizes.segment ? [segment] : [])]
    // Programs may forget a model without `dispose`; its file must not stay open.
    forgotten.register(this, this.#rows, this)
  }

  /** Takes values of a weight. @returns whether it is one of `weights` */
  take(weight: string, { row }: Region, start: number, values: Float32Array): boolean {
    const at = row * this.#sizes.width + start
    if (weight === table && this.#rows instanceof HeldRows) this.#rows.write(at, values)
    else if (weight === position) this.#positions.set(values, at)
    else if (weight === segment) this.#segment?.set(values, at)
    else return false
    return true
  }

  /**
   * The embedded tokens of texts.
   * @param texts of one length each
   * @returns `[texts, tokens, width]`
   * @throws what `TableRows.read` throws
   */
  async embed(
    texts: readonly Int32Array[],
    signal: AbortSignal | undefined,
  ): Promise<Float32Array> {
    const { vocabulary, width } = this.#sizes
    const length = texts[0]!.length
    const pieces = new Set(texts.flatMap((tokens) => [...tokens]))
    for (const piece of pieces) {
      if (piece >= 0 && piece < vocabulary) continue
      throw new ArgumentError(`A text has the token ${piece}, and the model knows ${vocabulary}.`)
    }
    const rows = await this.#rows.read(pieces, signal)
    const embedded = new Float32Array(texts.length * length * width)
    texts.forEach((tokens, text) => {
      tokens.forEach((piece, token) => {
        const at = (text * length + token) * width
        this.#add(rows.get(piece)!, token, embedded.subarray(at, at + width))
      })
    })
    if (firstNonFinite(embedded) < 0) return embedded
    throw new NumericError(
      'The sum of a token’s embedding and its position is not finite, though both are: check where the file comes from.',
    )
  }

  close(): void {
    forgotten.unregister(this)
    this.#rows.close()
  }

  #add(row: Float32Array, token: number, sum: Float32Array): void {
    const from = token * this.#sizes.width
    for (let i = 0; i < sum.length; i++) {
      sum[i] = row[i]! + this.#positions[from + i]! + (this.#segment?.[i] ?? 0)
    }
  }
}

const forgotten = new FinalizationRegistry<TableRows>((rows) => rows.close())

const isScaled = ({ tensors }: CheckpointFile, name: string) => tensors.get(name)!.dtype === 'i8'
