import type { LiTConfig } from '../../src/families/lit/config.ts'
import type { TensorToMake } from '../checkpoint/models.ts'

/*
 * The text towers of LiT in float64, written from models_lit.py and flaxformer's BERT: with padded tokens and a mask,
 * one number at a time.
 */

type Rows = number[][]

const at = (tensors: readonly TensorToMake[]) => (name: string) => {
  const found = tensors.find((tensor) => tensor.name === name)
  if (!found) throw new Error(`no ${name}`)
  return [...found.values]
}

type Read = ReturnType<typeof at>

/** @param kernel `[in, out]`, however its sides are split */
function dense(x: Rows, kernel: number[], bias: number[]): Rows {
  const out = bias.length
  return x.map((row) =>
    bias.map((b, j) => row.reduce((sum, value, i) => sum + value * kernel[i * out + j]!, b)),
  )
}

const denseOf = (read: Read, x: Rows, name: string) =>
  dense(x, read(`${name}/kernel`), read(`${name}/bias`))

function norm(read: Read, x: Rows, name: string, eps: number): Rows {
  const scale = read(`${name}/scale`)
  const bias = read(`${name}/bias`)
  return x.map((row) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length
    return row.map(
      (value, i) => ((value - mean) / Math.sqrt(variance + eps)) * scale[i]! + bias[i]!,
    )
  })
}

const gelu = (x: number) =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))

const add = (one: Rows, other: Rows) =>
  one.map((row, i) => row.map((value, j) => value + other[i]![j]!))

function attend(query: Rows, key: Rows, value: Rows, heads: number, seen: boolean[]): Rows {
  const width = query[0]!.length
  const size = width / heads
  return query.map((row, q) => {
    const out = new Array<number>(width).fill(0)
    for (let head = 0; head < heads; head++) {
      const range = Array.from({ length: size }, (_, i) => head * size + i)
      const logits = key.map((other, k) => {
        const product = range.reduce((sum, i) => sum + row[i]! * other[i]!, 0) / Math.sqrt(size)
        return product + (seen[q] && seen[k] ? 0 : -1e10)
      })
      const top = Math.max(...logits)
      const powers = logits.map((logit) => Math.exp(logit - top))
      const sum = powers.reduce((a, b) => a + b)
      for (const i of range) out[i] = value.reduce((s, v, k) => s + (powers[k]! / sum) * v[i]!, 0)
    }
    return out
  })
}

const split = (values: number[], width: number): Rows =>
  Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width))

/** The embedding of a text before it is normalised. */
export function textEmbedding(
  config: LiTConfig,
  tensors: readonly TensorToMake[],
  tokens: Int32Array,
): number[] {
  const read = at(tensors)
  const pooled =
    config.textTower === 'bert' ? bert(config, read, tokens) : last(config, read, tokens)
  return config.textHead ? denseOf(read, [pooled], 'txt/head')[0]! : pooled
}

function bert({ textWidth, textDepth, textHeads }: LiTConfig, read: Read, tokens: Int32Array) {
  const table = (name: string) =>
    split(read(`txt/BertEncoder_0/embedder/embedders_${name}_ids/embedding`), textWidth)
  const [words, positions, segments] = [table('token'), table('position'), table('segment')]
  const embedded = [...tokens].map((token, i) =>
    words[token]!.map((value, k) => value + positions[i]![k]! + segments[0]![k]!),
  )
  const seen = [...tokens].map((token) => token !== 0)
  let x = norm(read, embedded, 'txt/BertEncoder_0/layer_norm', 1e-12)
  for (let i = 0; i < textDepth; i++) {
    const layer = `txt/BertEncoder_0/encoder_block/layer_sequence/layers_${i}`
    const part = (name: string) =>
      denseOf(read, x, `${layer}/attention_block/attention_layer/${name}`)
    const mixed = attend(part('query'), part('key'), part('value'), textHeads, seen)
    const out = denseOf(read, mixed, `${layer}/attention_block/dense_layer`)
    const middle = norm(read, add(out, x), `${layer}/attention_block/layer_norm`, 1e-12)
    const hidden = denseOf(read, middle, `${layer}/mlp_block/mlp/dense_layer`)
    const mlp = denseOf(
      read,
      hidden.map((row) => row.map(gelu)),
      `${layer}/mlp_block/dense_layer`,
    )
    x = norm(read, add(mlp, middle), `${layer}/mlp_block/layer_norm`, 1e-12)
  }
  return x[0]!
}

function last({ textWidth, textDepth, textHeads }: LiTConfig, read: Read, tokens: Int32Array) {
  const words = split(read('txt/Embed_0/embedding'), textWidth)
  const positions = split(read('txt/pos_embedding'), textWidth)
  const seen = [...tokens].map(() => true)
  let x = [...tokens].map((token, i) => words[token]!.map((value, k) => value + positions[i]![k]!))
  for (let i = 0; i < textDepth; i++) {
    const block = `txt/Encoder_0/encoderblock_${i}`
    const y = norm(read, x, `${block}/LayerNorm_0`, 1e-6)
    const part = (name: string) =>
      denseOf(read, y, `${block}/MultiHeadDotProductAttention_0/${name}`)
    const mixed = attend(part('query'), part('key'), part('value'), textHeads, seen)
    x = add(x, denseOf(read, mixed, `${block}/MultiHeadDotProductAttention_0/out`))
    const z = norm(read, x, `${block}/LayerNorm_1`, 1e-6)
    const hidden = denseOf(read, z, `${block}/MlpBlock_0/Dense_0`).map((row) => row.map(gelu))
    x = add(x, denseOf(read, hidden, `${block}/MlpBlock_0/Dense_1`))
  }
  return norm(read, x, 'txt/Encoder_0/encoder_norm', 1e-6).at(-1)!
}
