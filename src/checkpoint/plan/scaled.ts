import type { Region, WeightSink } from '../../backends/backend.ts'
import { CheckpointError } from '../../errors.ts'
import type { CheckpointFile } from '../checkpoint.ts'
import { allocate } from '../read/dtype.ts'
import type { Piece, Write } from './piece.ts'

/**
 * Pieces that are multiplied by the values of other tensors, in whatever order a file has them: what comes before its
 * factors waits for them.
 */
export class Scaled {
  /** The tensors that hold factors. */
  readonly factors: readonly string[]
  readonly #file: CheckpointFile
  readonly #read = new Map<string, Float32Array>()
  readonly #waiting = new Map<string, [piece: Piece, values: Float32Array][]>()

  /** @throws CheckpointError where the file has no such tensor */
  constructor(file: CheckpointFile, pieces: readonly Piece[]) {
    this.#file = file
    this.factors = [...new Set(pieces.flatMap(({ scaleBy }) => scaleBy?.tensor ?? []))]
    const missing = this.factors.filter((name) => !file.tensors.has(name))
    if (missing.length > 0) {
      throw new CheckpointError(`${file.name} lacks ${missing.join(', ')}.`, { missing })
    }
  }

  /** Writes all values of a piece, now or when its factors are there. */
  write(piece: Piece, values: Float32Array, sink: WeightSink): void {
    const name = piece.scaleBy!.tensor
    const factors = this.#read.get(name)
    if (factors) put(piece, values, factors, sink)
    else this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), [piece, values]])
  }

  /** What a tensor is given to, block by block, if it holds factors. */
  readers(name: string, sink: WeightSink): Write<Float32Array>[] {
    if (!this.factors.includes(name)) return []
    const { shape } = this.#file.tensors.get(name)!
    const count = shape.reduce((product, side) => product * side, 1)
    const factors = allocate(count, name)
    return [
      (at, block) => {
        factors.set(block, at)
        if (at + block.length < count) return
        this.#read.set(name, factors)
        for (const [piece, values] of this.#waiting.get(name) ?? []) {
          put(piece, values, factors, sink)
        }
        this.#waiting.delete(name)
      },
    ]
  }
}

function put(
  { weight, region, scale, scaleBy }: Piece,
  values: Float32Array,
  factors: Float32Array,
  sink: WeightSink,
): void {
  const own = factors.subarray(scaleBy!.start)
  sink.write(weight, region, 0, timesColumns(values, region, own, scale))
}

/** Each column times its factor. @param values in the order of the region */
function timesColumns(
  values: Float32Array,
  { rows, columns, transposed }: Region,
  factors: Float32Array,
  scale: number,
): Float32Array {
  return values.map((value, i) => {
    const column = transposed ? Math.floor(i / rows) : i % columns
    return value * factors[column]! * scale
  })
}
