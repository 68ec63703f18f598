import { platform } from '#platform'
import { allocate } from '../checkpoint/read/dtype.ts'
import type { RunOptions } from './options.ts'
import type { Encoder, Tokens } from './tokens.ts'

/** The weights that make tokens out of patches, as figure 7 of the ViT paper shows them. */
export interface InputEmbeddings {
  /**
   * The filters of the patch embedding, row-major with the sizes in `filterShape`. Filter `i` multiplies a
   * normalised patch, and the sum is element `i` of the patch's token.
   */
  filters: Float32Array
  /** The sizes of `filters`. */
  filterShape: readonly [filters: number, height: number, width: number, channels: number]
  /**
   * The position embedding of every patch, `[rows, columns, width]` with the rows and columns of `grid`; resized
   * where the model takes another image size than its checkpoint. Those of a class or distillation token are not
   * among them.
   */
  positions: Float32Array
  /**
   * The cosine of the angle between every two of them, -1 to 1, `[rows, columns, rows, columns]`; 0 where one is
   * all zeros.
   */
  similarity: Float32Array
  /** Rows and columns of patches. */
  grid: readonly [rows: number, columns: number]
}

/** Names of the program's weights. */
export const inputWeights = ['patch.kernel', 'position'] as const

/** Timers and other calls get a turn after this many multiplications. */
const productsPerTurn = 1 << 24

/** @param weights `patch.kernel` `[height * width * channels, width]`, `position` `[tokens, width]` */
export async function inputEmbeddings(
  weights: Readonly<Record<(typeof inputWeights)[number], Float32Array>>,
  { prefixTokens, grid }: Tokens,
  { width, patch }: Encoder,
  { signal }: RunOptions,
): Promise<InputEmbeddings> {
  const positions = weights.position.slice(prefixTokens * width)
  return {
    filters: transposed(weights['patch.kernel'], width),
    filterShape: [width, ...patch],
    positions,
    similarity: await cosines(positions, width, signal),
    grid,
  }
}

/** `[rows, columns]` to `[columns, rows]`. */
function transposed(matrix: Float32Array, columns: number): Float32Array {
  const rows = matrix.length / columns
  const turned = new Float32Array(matrix.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      turned[column * rows + row] = matrix[row * columns + column]!
    }
  }
  return turned
}

/**
 * The cosine of every two rows.
 * @returns `[rows, rows]`
 */
async function cosines(
  values: Float32Array,
  width: number,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const count = values.length / width
  const result = allocate(count * count, 'the similarity of position embeddings')
  const lengths = Float64Array.from({ length: count }, (_, i) =>
    Math.sqrt(dot(values, i * width, i * width, width)),
  )
  let products = 0
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      const length = lengths[i]! * lengths[j]!
      const cosine = length === 0 ? 0 : dot(values, i * width, j * width, width) / length
      result[i * count + j] = cosine
      result[j * count + i] = cosine
    }
    products += (i + 1) * width
    if (products > productsPerTurn) {
      products = 0
      await platform.yield()
      signal?.throwIfAborted()
    }
  }
  return result
}

/** In f64. */
function dot(values: Float32Array, a: number, b: number, width: number): number {
  let sum = 0
  for (let i = 0; i < width; i++) sum += values[a + i]! * values[b + i]!
  return sum
}
