import { outputsOf } from '../../program/ops/operations.ts'
import { lastUses } from '../../program/lifetimes.ts'
import type { Activation, Linear } from '../../program/ops/linear.ts'
import type { Attention } from '../../program/ops/attention.ts'
import type { LayerNorm } from '../../program/ops/layer-norm.ts'
import type { MeanRows } from '../../program/ops/mean-rows.ts'
import type { Op } from '../../program/ops/operations.ts'
import type { PatchEmbed } from '../../program/ops/patch-embed.ts'
import type { Program } from '../../program/program.ts'
import type { Rows } from '../../program/ops/rows.ts'
import type { Tokens } from '../../program/ops/tokens.ts'
import type { ValueId, Weight, WeightId } from '../../program/values.ts'
import type { Dialect, Product } from './dialects.ts'
import type { Tensor, Tfjs } from './tf.ts'

/** One op of a program, ready to run. */
export interface Step {
  readonly label: string
  /**
   * Computes the op: takes values from the run, puts what the op makes there, and frees what nobody
   * reads any more.
   */
  run(values: Values): void
}

/** The tensors of a run that are alive. */
export type Values = Map<ValueId, Tensor>

/** `[rows, columns]`, and `[columns]` for a vector: the data itself must have been made with one axis. */
export const weightShape = ({ role, shape }: Weight): readonly number[] =>
  role === 'vector' ? [shape[1]] : shape

type Compute = (value: (id: ValueId) => Tensor) => readonly Tensor[]

/**
 * A program as TensorFlow.js computes it, op by op. Values are `[batch * rows, columns]`; only those
 * that are yet to be read are alive, so that the number of tensors is the same after every run.
 * @param weight the tensor of a weight, in the shape that `weightShape` gives it
 */
export function lower(
  tf: Tfjs,
  dialect: Dialect,
  program: Program,
  weight: (id: WeightId) => Tensor,
  batch = 1,
): Step[] {
  const shape = (id: ValueId) => program.values[id]!.shape
  const last = lastUses(program)
  return program.ops.map((op, i) => {
    const nobodys = op.op === 'attention' && last[i]!.includes(op.weights ?? -1)
    const compute = lowerOp(nobodys ? { ...op, weights: undefined } : op)
    return {
      label: `${op.op} ${program.values[op.output]!.name}`,
      run(values) {
        const made = tf.tidy(() => compute((id) => values.get(id)!))
        outputsOf(op).forEach((id, j) => {
          if (made[j]) values.set(id, made[j])
        })
        for (const id of last[i]!) {
          values.get(id)?.dispose()
          values.delete(id)
        }
      },
    }
  })

  function lowerOp(op: Op): Compute {
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
      case 'rows':
        return rows(op)
      case 'mean_rows':
        return meanRows(op)
    }
  }

  /** A convolution with steps of its size is what cuts patches, and leaves out what fills none. */
  function patchEmbed({ input, output, kernel, bias, patchSize }: PatchEmbed): Compute {
    const [height, stride] = shape(input)
    const [count, width] = shape(output)
    const strides: [number, number] = [...patchSize]
    return (value) => {
      const x = tf.reshape(value(input), [batch, height, stride / 3, 3])
      const filter = tf.reshape(weight(kernel), [...patchSize, 3, width])
      const patches = tf.fused.conv2d({ x, filter, strides, pad: 'valid', bias: vector(bias) })
      return [tf.reshape(patches, [batch * count, width])]
    }
  }

  function tokens({ input, output, prefix, position }: Tokens): Compute {
    const [count, width] = shape(output)
    return (value) => {
      const patches = tf.reshape(value(input), [batch, ...shape(input)])
      const all = prefix === undefined ? patches : tf.concat([repeated(prefix), patches], 1)
      const sum = tf.add(all, tf.reshape(weight(position), [1, count, width]))
      return [tf.reshape(sum, [batch * count, width])]
    }
  }

  function layerNorm({ input, scale, bias, eps }: LayerNorm): Compute {
    return (value) => {
      const x = value(input)
      const centred = tf.sub(x, tf.mean(x, 1, true))
      const variance = tf.mean(tf.square(centred), 1, true)
      const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, eps)))
      return [tf.add(tf.mul(normal, weight(scale)), weight(bias))]
    }
  }

  function linear({ input, kernel, bias, activation, residual }: Linear): Compute {
    const size: Product = [batch * shape(input)[0], ...program.weights[kernel]!.shape]
    return (value) => {
      const product = dialect.product(value(input), weight(kernel), size, vector(bias))
      const x = activate(activation, product)
      return [residual === undefined ? x : tf.add(x, value(residual))]
    }
  }

  function activate(activation: Activation, x: Tensor): Tensor {
    switch (activation) {
      case 'none':
        return x
      case 'tanh':
        return tf.tanh(x)
      case 'gelu_erf':
        return dialect.geluErf(x)
      case 'gelu_tanh':
        return dialect.geluTanh(x)
    }
  }

  function attention({ query, keyValue, heads, weights }: Attention): Compute {
    const [queries, width] = shape(query)
    const [tokens] = shape(keyValue)
    const each = width / heads
    const compute = dialect.batchedProducts ? attentionTogether : attentionOneByOne
    return (value) => {
      const q = tf.mul(value(query), 1 / Math.sqrt(each))
      const [results, probabilities] = compute(q, value(keyValue))
      const out = tf.reshape(tf.transpose(results, [0, 2, 1, 3]), [batch * queries, width])
      if (weights === undefined) return [out]
      return [out, tf.reshape(probabilities!, [batch * heads * queries, tokens])]
    }

    /** All heads of all images in two products. */
    function attentionTogether(q: Tensor, kv: Tensor): [results: Tensor, weights: Tensor] {
      const split = tf.transpose(tf.reshape(kv, [batch, tokens, 2 * heads, each]), [0, 2, 1, 3])
      const part = (head: number) => tf.slice(split, [0, head, 0, 0], [batch, heads, tokens, each])
      const queriesOf = tf.transpose(tf.reshape(q, [batch, queries, heads, each]), [0, 2, 1, 3])
      const softmax = tf.softmax(tf.matMul(queriesOf, part(0), false, true))
      return [tf.matMul(softmax, part(heads)), softmax]
    }

    /** Two products for every head of every image. */
    function attentionOneByOne(q: Tensor, kv: Tensor): [results: Tensor, weights?: Tensor] {
      const results: Tensor[] = []
      const maps: Tensor[] = []
      for (let image = 0; image < batch; image++) {
        const ofQuery = headsOf(q, shape(query), image)
        const ofBoth = headsOf(kv, shape(keyValue), image)
        for (let head = 0; head < heads; head++) {
          const [result, map] = tf.tidy(() => {
            const key = tf.transpose(part(ofBoth, tokens, head))
            const scores = dialect.product(part(ofQuery, queries, head), key, [
              queries,
              each,
              tokens,
            ])
            const softmax = tf.softmax(scores)
            const values = part(ofBoth, tokens, heads + head)
            const result = dialect.product(softmax, values, [queries, tokens, each])
            return weights === undefined ? ([result] as const) : ([result, softmax] as const)
          })
          results.push(result)
          if (map) maps.push(map)
        }
      }
      const all = tf.reshape(tf.concat(results, 0), [batch, heads, queries, each])
      return weights === undefined ? [all] : [all, tf.concat(maps, 0)]
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

  function rows({ input, output, from }: Rows): Compute {
    const [count, width] = shape(output)
    return (value) => [
      tf.reshape(run(value(input), shape(input), from, count), [batch * count, width]),
    ]
  }

  function meanRows({ input, from }: MeanRows): Compute {
    const count = shape(input)[0] - from
    return (value) => [tf.mean(run(value(input), shape(input), from, count), 1)]
  }

  /** Some rows of every image: `[batch, count, columns]`. */
  function run(x: Tensor, [rows, columns]: readonly [number, number], from: number, count: number) {
    return tf.slice(tf.reshape(x, [batch, rows, columns]), [0, from, 0], [batch, count, columns])
  }

  function vector(id: WeightId | undefined): Tensor | undefined {
    return id === undefined ? undefined : weight(id)
  }

  /** The same tokens for every image: `[batch, rows, columns]`. */
  function repeated(id: WeightId): Tensor {
    const one = tf.reshape(weight(id), [1, ...program.weights[id]!.shape])
    return batch === 1 ? one : tf.tile(one, [batch, 1, 1])
  }
}
