import { ArgumentError } from '../errors.ts'
import type {
  Activation,
  Op,
  Program,
  Shape,
  Value,
  ValueId,
  Weight,
  WeightId,
  WeightRole,
} from './program.ts'

/** Options of {@link ProgramBuilder.linear}. */
export interface LinearOptions {
  bias?: boolean
  activation?: Activation
  residual?: ValueId
  /** Never in integers; see Weight.precise. */
  precise?: boolean
}

/**
 * Writes a Program op by op and applies the shape rules. Weights are declared where they are used;
 * a name that is used twice is the same weight.
 */
export class ProgramBuilder {
  readonly #values: Value[] = []
  readonly #weights: Weight[] = []
  readonly #ops: Op[] = []
  readonly input: ValueId

  /** @param input `[height, width * 3]` for pixels, or any matrix for a part of a model */
  constructor(input: Shape) {
    this.input = this.#value('pixels', input)
  }

  shape(value: ValueId): Shape {
    const found = this.#values[value]
    if (!found) throw new ArgumentError(`There is no value ${value} in this program.`)
    return found.shape
  }

  /**
   * Cuts pixels `[height, width * 3]` into patches and projects each: `[patches, width]`. Patches
   * go row by row; pixels that do not fill one are left out (a VALID convolution of that stride).
   * Weights: `NAME.kernel` `[patch height * patch width * 3, width]` and `NAME.bias`.
   */
  patchEmbed(name: string, patchSize: readonly [number, number], width: number): ValueId {
    const [height, pixelWidth] = this.shape(this.input)
    const grid = [Math.floor(height / patchSize[0]), Math.floor(pixelWidth / 3 / patchSize[1])]
    const patches = grid[0]! * grid[1]!
    if (patches === 0) {
      throw new ArgumentError(
        `An image of ${height} x ${pixelWidth / 3} pixels holds no patch of ${patchSize.join(' x ')}.`,
      )
    }
    const kernel = this.#weight(
      `${name}.kernel`,
      [patchSize[0] * patchSize[1] * 3, width],
      'kernel',
      true,
    )
    const bias = this.#weight(`${name}.bias`, [1, width], 'vector')
    const output = this.#value(name, [patches, width])
    this.#ops.push({ op: 'patch_embed', input: this.input, output, kernel, bias, patchSize })
    return output
  }

  /** `[prefix + rows, columns]`: prefix tokens above the input, the position embedding added to all. */
  tokens(name: string, input: ValueId, prefixCount: number): ValueId {
    const [rows, columns] = this.shape(input)
    const prefix =
      prefixCount > 0 ? this.#weight('prefix', [prefixCount, columns], 'tokens') : undefined
    const position = this.#weight('position', [prefixCount + rows, columns], 'tokens')
    const output = this.#value(name, [prefixCount + rows, columns])
    this.#ops.push({ op: 'tokens', input, output, prefix, position })
    return output
  }

  /** Normalises each row to mean 0 and variance 1, then scales and shifts it (Ba et al. 2016). */
  layerNorm(name: string, input: ValueId, eps: number): ValueId {
    const [rows, columns] = this.shape(input)
    const scale = this.#weight(`${name}.scale`, [1, columns], 'vector')
    const bias = this.#weight(`${name}.bias`, [1, columns], 'vector')
    const output = this.#value(name, [rows, columns])
    this.#ops.push({ op: 'layer_norm', input, output, scale, bias, eps })
    return output
  }

  /** `activation(input x NAME.kernel + NAME.bias) + residual`: `[rows, columns]`. */
  linear(name: string, input: ValueId, columns: number, options: LinearOptions = {}): ValueId {
    const [rows, inputColumns] = this.shape(input)
    const { activation = 'none', residual, precise = false } = options
    if (residual !== undefined) this.#same(name, this.shape(residual), [rows, columns])
    const kernel = this.#weight(`${name}.kernel`, [inputColumns, columns], 'kernel', precise)
    const bias =
      options.bias === false ? undefined : this.#weight(`${name}.bias`, [1, columns], 'vector')
    const output = this.#value(name, [rows, columns])
    this.#ops.push({ op: 'linear', input, output, kernel, bias, activation, residual })
    return output
  }

  /**
   * `query` `[queries, width]` and `keyValue` `[tokens, 2 * width]` to `[queries, width]`. The softmax
   * weights `[heads * queries, tokens]` become a value too: `NAME.weights`.
   */
  attention(name: string, query: ValueId, keyValue: ValueId, heads: number): ValueId {
    const [queries, width] = this.shape(query)
    const [tokens, both] = this.shape(keyValue)
    this.#same(name, [tokens, both], [tokens, 2 * width])
    if (width % heads !== 0) {
      throw new ArgumentError(`A width of ${width} can't be divided among ${heads} heads.`)
    }
    const output = this.#value(name, [queries, width])
    const weights = this.#value(`${name}.weights`, [heads * queries, tokens])
    this.#ops.push({ op: 'attention', query, keyValue, output, weights, heads })
    return output
  }

  /** Rows `from` to `from + count`, unchanged. */
  rows(name: string, input: ValueId, from: number, count: number): ValueId {
    const [rows, columns] = this.shape(input)
    if (from < 0 || count < 1 || from + count > rows) {
      throw new ArgumentError(`${name}: rows ${from} to ${from + count} of ${rows} don't exist.`)
    }
    const output = this.#value(name, [count, columns])
    this.#ops.push({ op: 'rows', input, output, from })
    return output
  }

  /** The mean of rows `from` and up: `[1, columns]`. */
  meanRows(name: string, input: ValueId, from: number): ValueId {
    const [rows, columns] = this.shape(input)
    if (from < 0 || from >= rows) {
      throw new ArgumentError(`${name}: there is no row ${from} and up in ${rows} rows.`)
    }
    const output = this.#value(name, [1, columns])
    this.#ops.push({ op: 'mean_rows', input, output, from })
    return output
  }

  /** The value of that name, for outputs that are not the last op's. */
  named(name: string): ValueId | undefined {
    const found = this.#values.findIndex((value) => value.name === name)
    return found < 0 ? undefined : found
  }

  build(outputs: Record<string, ValueId>): Program {
    return {
      values: this.#values,
      weights: this.#weights,
      ops: this.#ops,
      input: this.input,
      outputs,
    }
  }

  #value(name: string, shape: Shape): ValueId {
    return this.#values.push({ name, shape }) - 1
  }

  #weight(name: string, shape: Shape, role: WeightRole, precise = true): WeightId {
    const found = this.#weights.findIndex((weight) => weight.name === name)
    if (found < 0) return this.#weights.push({ name, shape, role, precise }) - 1
    this.#same(name, this.#weights[found]!.shape, shape)
    return found
  }

  #same(name: string, found: Shape, expected: Shape): void {
    if (found[0] !== expected[0] || found[1] !== expected[1]) {
      throw new ArgumentError(
        `${name}: expected a shape of [${expected.join(', ')}], found [${found.join(', ')}].`,
      )
    }
  }
}
