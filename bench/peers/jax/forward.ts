import { onlyInput } from '../../../src/backends/inputs.ts'
import { lastUses } from '../../../src/program/lifetimes.ts'
import type { Attention } from '../../../src/program/ops/attention.ts'
import type { LayerNorm } from '../../../src/program/ops/layer-norm.ts'
import type { Activation, Linear } from '../../../src/program/ops/linear.ts'
import type { Op } from '../../../src/program/ops/operations.ts'
import { patchGrid } from '../../../src/program/ops/patch-embed.ts'
import type { Tokens } from '../../../src/program/ops/tokens.ts'
import type { Program } from '../../../src/program/program.ts'
import type { ValueId, WeightId } from '../../../src/program/values.ts'
import { outputOf } from '../../cases/case.ts'

/** The little of jax-js that is used here. */
export interface Jax {
  init(device: 'wasm'): Promise<string[]>
  defaultDevice(device: 'wasm'): string
  jit<F>(compute: F): F & { dispose(): void }
  readonly numpy: {
    array(values: Float32Array, options: { shape: readonly number[] }): JaxArray
    matmul(a: JaxArray, b: JaxArray): JaxArray
    concatenate(parts: readonly JaxArray[], axis: number): JaxArray
    sqrt(x: JaxArray): JaxArray
    tanh(x: JaxArray): JaxArray
  }
  readonly nn: {
    softmax(x: JaxArray): JaxArray
    sigmoid(x: JaxArray): JaxArray
  }
  readonly lax: { erf(x: JaxArray): JaxArray }
}

/**
 * Whoever is given an array, or has a method of it called, gets one of its references and ends it;
 * `ref` makes another.
 */
export interface JaxArray {
  readonly ref: JaxArray
  add(other: JaxArray | number): JaxArray
  sub(other: JaxArray | number): JaxArray
  mul(other: JaxArray | number): JaxArray
  div(other: JaxArray | number): JaxArray
  mean(axis: number, options?: { keepdims: boolean }): JaxArray
  reshape(shape: readonly number[]): JaxArray
  transpose(order?: readonly number[]): JaxArray
  /** Per axis a range, or all of it. */
  slice(...ranges: ([from: number, to: number] | [])[]): JaxArray
  data(): Promise<Float32Array>
  dataSync(): Float32Array
  dispose(): void
}

/** How a weight `[rows, columns]` is kept: kernels are transposed. */
export function keepsTransposed(program: Program, weight: WeightId): boolean {
  return program.weights[weight]!.role === 'kernel'
}

/**
 * Cuts a program's pixels into patches `[patches, patch values]`, as a function for a `jit` of its own:
 * fused into the product with the patch kernel it makes that fifty times slower.
 * @returns undefined where the program has no patches
 */
export function jaxPatches(program: Program) {
  const op = program.ops.find((op) => op.op === 'patch_embed')
  if (!op) return undefined
  const channels = program.values[op.input]!.shape[1]
  const [high, wide] = [op.patchSize[0], op.patchSize[1] * channels]
  const grid = patchGrid(op)
  return (pixels: JaxArray): JaxArray =>
    pixels
      .reshape([op.grid[0], op.grid[1] * channels])
      .slice([0, grid[0] * high], [0, grid[1] * wide])
      .reshape([grid[0], high, grid[1], wide])
      .transpose([0, 2, 1, 3])
      .reshape([grid[0] * grid[1], high * wide])
}

/**
 * A program as a function of its input (of its patches, where it has some, see {@link jaxPatches}) and
 * of its weights, all of whose references it ends, as `jit` wants it.
 *
 * Two things are as they are because jax-js is fastest with them: kernels lie transposed, since rows
 * are summed by SIMD for every shape while columns are for some shapes only (twice as slow for fc1);
 * and attention is two products for every head, since batched ones over slices are not vectorised.
 */
export function jaxForward({ numpy, nn, lax }: Jax, program: Program) {
  const shape = (id: ValueId) => program.values[id]!.shape
  const last = lastUses(program)
  const output = outputOf(program).id

  return (input: JaxArray, weights: JaxArray[]): JaxArray => {
    const values = new Map([[onlyInput(program).id, input]])
    // Kernels are read once; all weights lose what is left of them below.
    const weight = (id: WeightId) => weights[id]!.ref
    for (const [i, op] of program.ops.entries()) {
      values.set(op.output, apply(op))
      for (const id of last[i]!) values.get(id)?.dispose()
    }
    for (const array of weights) array.dispose()
    return values.get(output)!

    function apply(op: Op): JaxArray {
      switch (op.op) {
        case 'patch_embed':
          return product(value(op.input), op.kernel, op.bias)
        case 'tokens':
          return tokens(op)
        case 'layer_norm':
          return layerNorm(op)
        case 'linear':
          return linear(op)
        case 'attention':
          return attention(op)
        case 'rows':
          return value(op.input).slice([op.from, op.from + shape(op.output)[0]], [])
        case 'mean_rows':
          return value(op.input)
            .slice([op.from, shape(op.input)[0]], [])
            .mean(0, { keepdims: true })
      }
    }

    function tokens({ input, prefix, position }: Tokens): JaxArray {
      const patches = value(input)
      const all = prefix === undefined ? patches : numpy.concatenate([weight(prefix), patches], 0)
      return all.add(weight(position))
    }

    function layerNorm({ input, scale, bias, eps }: LayerNorm): JaxArray {
      const x = value(input)
      const centred = x.ref.sub(x.mean(1, { keepdims: true }))
      const variance = centred.ref.mul(centred.ref).mean(1, { keepdims: true })
      return centred
        .div(numpy.sqrt(variance.add(eps)))
        .mul(weight(scale))
        .add(weight(bias))
    }

    function linear({ input, kernel, bias, activation, residual }: Linear): JaxArray {
      const x = activate(activation, product(value(input), kernel, bias))
      return residual === undefined ? x : x.add(value(residual))
    }

    function product(x: JaxArray, kernel: WeightId, bias: WeightId | undefined): JaxArray {
      const y = numpy.matmul(x, weight(kernel).transpose())
      return bias === undefined ? y : y.add(weight(bias))
    }

    function activate(activation: Activation, x: JaxArray): JaxArray {
      switch (activation) {
        case 'none':
          return x
        case 'tanh':
          return numpy.tanh(x)
        case 'gelu_erf':
          return x.ref.mul(0.5).mul(lax.erf(x.mul(Math.SQRT1_2)).add(1))
        case 'gelu_tanh': {
          // x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3)
          const factor = 2 * Math.sqrt(2 / Math.PI)
          const square = x.ref.mul(x.ref)
          return x.ref.mul(
            nn.sigmoid(
              square
                .mul(0.044715 * factor)
                .add(factor)
                .mul(x),
            ),
          )
        }
      }
    }

    function attention({ query, keyValue, heads }: Attention): JaxArray {
      const each = shape(query)[1] / heads
      const q = value(query).mul(1 / Math.sqrt(each))
      const kv = value(keyValue)
      const part = (x: JaxArray, head: number) => x.ref.slice([], [head * each, (head + 1) * each])
      const results = Array.from({ length: heads }, (_, head) => {
        const scores = numpy.matmul(part(q, head), part(kv, head).transpose())
        return weightedSum(nn.softmax(scores), part(kv, heads + head), shape(keyValue)[0])
      })
      q.dispose()
      kv.dispose()
      return numpy.concatenate(results, 1)
    }

    /**
     * Weights `[queries, tokens]` x values `[tokens, head width]`, the last tokens apart: the inner
     * loop is cut by a divisor of its length, and numbers of tokens are often prime.
     */
    function weightedSum(weights: JaxArray, values: JaxArray, tokens: number): JaxArray {
      const even = tokens - (tokens % 4)
      if (even === tokens || even === 0) return numpy.matmul(weights, values)
      const first = numpy.matmul(weights.ref.slice([], [0, even]), values.ref.slice([0, even], []))
      const rest = numpy.matmul(weights.slice([], [even, tokens]), values.slice([even, tokens], []))
      return first.add(rest)
    }

    /** A reference of its own; `last` ends the first one. */
    function value(id: ValueId): JaxArray {
      return values.get(id)!.ref
    }
  }
}
