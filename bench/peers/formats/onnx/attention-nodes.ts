import type { OnnxGraph } from './graph.ts'

/**
 * Attention of all heads over `[batch, rows, width]`, into a value of the queries' shape.
 * @param offsets added to the scaled scores: `[1, heads or 1, queries, tokens]`
 */
export type AttentionNodes = (
  graph: OnnxGraph,
  inputs: readonly [query: string, keys: string, values: string],
  sizes: AttentionSizes,
  output: string,
  offsets: string | undefined,
) => void

export interface AttentionSizes {
  readonly batch: number
  readonly heads: number
  readonly headWidth: number
  readonly queries: number
  readonly tokens: number
}

/** As one operator of Microsoft's, which scales the scores itself. */
export const fusedAttention: AttentionNodes = (graph, inputs, { heads }, output, offsets) => {
  // Between values and offsets are a bias of the projections and a mask of padding.
  const all = offsets === undefined ? inputs : [...inputs, '', '', offsets]
  graph.node('MultiHeadAttention', all, output, { num_heads: heads }, 'com.microsoft')
}

/** In ONNX's own operators, as exporters write it. */
export const spelledAttention: AttentionNodes = (graph, inputs, sizes, output, offsets) => {
  const { batch, heads, headWidth, queries, tokens } = sizes
  const split = (value: string, rows: number, perm: readonly number[]) => {
    // Another attention may read the same value.
    const [byHead, turned] = [`${value}.heads`, `${value}.turned`].map((name) => graph.unused(name))
    const parts = graph.reshape(value, [batch, rows, heads, headWidth], byHead!)
    return graph.node('Transpose', [parts], turned!, { perm })
  }
  const query = split(inputs[0], queries, [0, 2, 1, 3])
  const keys = split(inputs[1], tokens, [0, 2, 3, 1])
  const values = split(inputs[2], tokens, [0, 2, 1, 3])
  const factor = new Float32Array([1 / Math.sqrt(headWidth)])
  const scale = graph.floats(`scale.${headWidth}`, [1], () => factor)
  const scaled = graph.node('Mul', [query, scale], `${output}.query`)
  const products = graph.node('MatMul', [scaled, keys], `${output}.scores`)
  const scores =
    offsets === undefined ? products : graph.node('Add', [products, offsets], `${output}.offset`)
  const weights = graph.node('Softmax', [scores], `${output}.weights`, { axis: -1 })
  const sums = graph.node('MatMul', [weights, values], `${output}.sums`)
  const turned = graph.node('Transpose', [sums], `${output}.turned`, { perm: [0, 2, 1, 3] })
  graph.reshape(turned, [batch, queries, heads * headWidth], output)
}
