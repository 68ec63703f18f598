import type {
  Activation,
  Attention,
  LayerNorm,
  Linear,
  Op,
  PatchEmbed,
  Tokens,
  ValueId,
  WeightId,
} from '../../src/program/program.ts'
import { outputOf } from '../cases/case.ts'
import type { Place, Session, Task } from '../engine/peer.ts'
import { readMatrices } from './formats/matrices.ts'
import { lastReads } from './last-reads.ts'
import type { Tensor, Tfjs } from './tfjs.ts'

/** What the backends of TensorFlow.js are fast with, each in its own way. */
export interface Fast {
  /** `a` `[rows, inner]` x `b` `[inner, columns]` + bias `[columns]` */
  product(a: Tensor, b: Tensor, shape: Product, bias?: Tensor): Tensor
  geluErf(x: Tensor): Tensor
  geluTanh(x: Tensor): Tensor
}

export type Product = readonly [rows: number, inner: number, columns: number]

type Step = (value: (id: ValueId) => Tensor) => Tensor

/**
 * A session that runs a program op by op, as TensorFlow.js does. Values are `[batch * rows, columns]`
 * and are freed after their last reader.
 *
 * Attention is two products for every head of every image, because batched products have no SIMD in
 * the WebAssembly backend, which makes them ten times slower. In plain JavaScript it costs nothing.
 */
export async function tfjsSession(
  tf: Tfjs,
  fast: Fast,
  { program, bench: { batch } }: Task,
  place: Place,
): Promise<Session> {
  const shape = (id: ValueId) => program.values[id]!.shape
  const matrices = await readMatrices(program, place)
  const constants: Tensor[] = []
  const steps = program.ops.map(lower)
  const last = lastReads(program)
  const output = outputOf(program).id
  const [rows, columns] = shape(program.input)

  return {
    async run(input) {
      const values = new Map<ValueId, Tensor>()
      const value = (id: ValueId) => values.get(id)!
      values.set(program.input, tf.tensor(input, [batch * rows, columns]))
      for (const [i, op] of program.ops.entries()) {
        const result = tf.tidy(() => steps[i]!(value))
        values.set(op.output, result)
        for (const id of last[i]!) value(id).dispose()
      }
      const result = value(output)
      const data = await result.data()
      result.dispose()
      return data
    },
    dispose() {
      for (const tensor of constants) tensor.dispose()
    },
  }

  function lower(op: Op): Step {
    switch (op.op) {
      case 'patch_embed':
        return patchEmbed(op)
      case 'tokens':
        return tokens(op)
      case 'layer_norm':
        return layerNorm(op)
      case 'linear':
        return linear(op)
      case 'attention':
        return attention(op)
      case 'rows': {
        const [count, width] = shape(op.output)
        return (value) =>
          tf.reshape(run(value(op.input), shape(op.input), op.from, count), [batch * count, width])
      }
      case 'mean_rows': {
        const count = shape(op.input)[0] - op.from
        return (value) => tf.mean(run(value(op.input), shape(op.input), op.from, count), 1)
      }
    }
  }

  /** A convolution with steps of its size is what cuts patches, and leaves out what fills none. */
  function patchEmbed({ input, output, kernel, bias, patchSize }: PatchEmbed): Step {
    const [height, stride] = shape(input)
    const [count, width] = shape(output)
    const filter = weight(kernel, [...patchSize, 3, width])
    const vector = bias === undefined ? undefined : weight(bias, [width])
    return (value) => {
      const x = tf.reshape(value(input), [batch, height, stride / 3, 3])
      const strides: [number, number] = [...patchSize]
      const patches = tf.fused.conv2d({ x, filter, strides, pad: 'valid', bias: vector })
      return tf.reshape(patches, [batch * count, width])
    }
  }

  function tokens({ input, output, prefix, position }: Tokens): Step {
    const [before, width] = prefix === undefined ? [0] : program.weights[prefix]!.shape
    const first = prefix === undefined ? [] : [repeated(weight(prefix, [1, before, width!]))]
    const positions = weight(position, [1, ...shape(output)])
    return (value) => {
      const patches = tf.reshape(value(input), [batch, ...shape(input)])
      const all = tf.add(tf.concat([...first, patches], 1), positions)
      return tf.reshape(all, [batch * shape(output)[0], shape(output)[1]])
    }
  }

  function layerNorm({ input, scale, bias, eps }: LayerNorm): Step {
    const [, width] = shape(input)
    const [gamma, beta] = [weight(scale, [width]), weight(bias, [width])]
    return (value) => {
      const x = value(input)
      const centred = tf.sub(x, tf.mean(x, 1, true))
      const variance = tf.mean(tf.square(centred), 1, true)
      const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, eps)))
      return tf.add(tf.mul(normal, gamma), beta)
    }
  }

  function linear({ input, kernel, bias, activation, residual }: Linear): Step {
    const [inner, width] = program.weights[kernel]!.shape
    const matrix = weight(kernel, [inner, width])
    const vector = bias === undefined ? undefined : weight(bias, [width])
    const size: Product = [batch * shape(input)[0], inner, width]
    return (value) => {
      const x = activate(activation, fast.product(value(input), matrix, size, vector))
      return residual === undefined ? x : tf.add(x, value(residual))
    }
  }

  function activate(activation: Activation, x: Tensor): Tensor {
    switch (activation) {
      case 'none':
        return x
      case 'tanh':
        return tf.tanh(x)
      case 'gelu_erf':
        return fast.geluErf(x)
      case 'gelu_tanh':
        return fast.geluTanh(x)
    }
  }

  function attention({ query, keyValue, heads }: Attention): Step {
    const [queries, width] = shape(query)
    const [tokens] = shape(keyValue)
    const each = width / heads
    return (value) => {
      const scaled = tf.mul(value(query), 1 / Math.sqrt(each))
      const results: Tensor[] = []
      for (let image = 0; image < batch; image++) {
        const q = headsOf(scaled, shape(query), image)
        const kv = headsOf(value(keyValue), shape(keyValue), image)
        for (let head = 0; head < heads; head++) {
          const result = tf.tidy(() => {
            const key = tf.transpose(part(kv, tokens, head))
            const scores = fast.product(part(q, queries, head), key, [queries, each, tokens])
            const weights = tf.softmax(scores)
            return fast.product(weights, part(kv, tokens, heads + head), [queries, tokens, each])
          })
          results.push(result)
        }
      }
      const all = tf.reshape(tf.concat(results, 0), [batch, heads, queries, each])
      return tf.reshape(tf.transpose(all, [0, 2, 1, 3]), [batch * queries, width])
    }

    /** `[heads, rows, head width]` of one image; of keys and values, twice as many heads. */
    function headsOf(x: Tensor, [rows, columns]: readonly [number, number], image: number) {
      const alone = batch === 1 ? x : tf.slice(x, [image * rows, 0], [rows, columns])
      return tf.transpose(tf.reshape(alone, [rows, columns / each, each]), [1, 0, 2])
    }

    function part(x: Tensor, rows: number, head: number): Tensor {
      return tf.reshape(tf.slice(x, [head, 0, 0], [1, rows, each]), [rows, each])
    }
  }

  /** Some rows of every image: `[batch, count, columns]`. */
  function run(x: Tensor, [rows, columns]: readonly [number, number], from: number, count: number) {
    return tf.slice(tf.reshape(x, [batch, rows, columns]), [0, from, 0], [batch, count, columns])
  }

  function weight(id: WeightId, dims: readonly number[]): Tensor {
    const tensor = tf.tensor(matrices[id]!.values, dims)
    constants.push(tensor)
    return tensor
  }

  function repeated(x: Tensor): Tensor {
    const tensor = tf.tile(x, [batch, 1, 1])
    constants.push(tensor)
    return tensor
  }
}
