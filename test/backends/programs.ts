import { ProgramBuilder } from '../../src/program/builder.ts'
import * as attentionOp from '../../src/program/layers/attention.ts'
import { constant } from '../../src/program/layers/constant.ts'
import * as convOp from '../../src/program/layers/conv2d.ts'
import { patchEmbed } from '../../src/program/layers/conv2d.ts'
import * as gluOp from '../../src/program/layers/glu.ts'
import * as normOp from '../../src/program/layers/group-norm.ts'
import { layerNorm } from '../../src/program/layers/layer-norm.ts'
import * as linearOp from '../../src/program/layers/linear.ts'
import * as poolOp from '../../src/program/layers/max-pool.ts'
import { meanRows } from '../../src/program/layers/mean-rows.ts'
import { rmsNorm } from '../../src/program/layers/rms-norm.ts'
import * as ropeOp from '../../src/program/layers/rope.ts'
import * as rowsOp from '../../src/program/layers/rows.ts'
import * as embeddingOp from '../../src/program/layers/token-embedding.ts'
import { tokens } from '../../src/program/layers/tokens.ts'
import * as transposeOp from '../../src/program/layers/transpose.ts'
import type { Activation } from '../../src/program/ops/linear.ts'
import { positionsIn, type Window } from '../../src/program/ops/window.ts'
import type { Program } from '../../src/program/program.ts'
import type { ValueId } from '../../src/program/values.ts'

// Programs of single operations, over whose shapes two backends are compared. The input of each is a
// patch embedding of one-pixel patches: [rows, 3] to [rows, columns].

const input = (net: ProgramBuilder, rows: number, columns: number) =>
  patchEmbed(net, 'patch', net.input('pixels', [rows, 3]), [rows, 1], [1, 1], columns)

export function linear(
  rows: number,
  inner: number,
  columns: number,
  activation: Activation,
): Program {
  const net = new ProgramBuilder()
  const x = input(net, rows, inner)
  const bias = columns % 2 === 0
  const first = linearOp.linear(net, 'first', x, columns, { activation, bias })
  const second = linearOp.linear(net, 'second', x, columns, { activation, residual: first })
  return net.build({ first, second })
}

/** Tokens that are merged twice, attention that counts them, and their mean. */
export function merging(
  tokens: number,
  heads: number,
  headWidth: number,
  kept: number,
  merged: readonly [number, number],
): Program {
  const net = new ProgramBuilder()
  const width = heads * headWidth
  let x = input(net, tokens, width)
  let sizes: ValueId | undefined
  const outputs: Record<string, ValueId> = {}
  for (const [i, count] of merged.entries()) {
    const keyValue = linearOp.linear(net, `key_value${i}`, x, 2 * width)
    const before = net.shape(x)[0]
    const rows = net.value(`rows${i}`, [before, 1])
    const sizesAfter = net.value(`sizes${i}`, [before - count, 1])
    const output = net.value(`merged${i}`, [before - count, width])
    const match = { output: rows, sizesAfter, heads, merged: count, kept }
    net.push({ op: 'match_tokens', keyValue, sizes, ...match })
    net.push({ op: 'merge_tokens', input: x, rows, sizes, sizesAfter, output })
    sizes = sizesAfter
    x = output
    Object.assign(outputs, { [`rows${i}`]: rows, [`sizes${i}`]: sizes, [`merged${i}`]: x })
  }
  const query = linearOp.linear(net, 'query', x, width)
  const keyValue = linearOp.linear(net, 'key_value', x, 2 * width)
  const out = attentionOp.attention(net, 'attention', query, keyValue, heads, { sizes: sizes! })
  const mean = meanRows(net, 'mean', out, kept, sizes)
  return net.build({ ...outputs, out, weights: net.named('attention.weights')!, mean })
}

export function attention(
  tokens: number,
  queries: number,
  heads: number,
  headWidth: number,
): Program {
  const net = new ProgramBuilder()
  const width = heads * headWidth
  const x = input(net, tokens, width)
  const last = rowsOp.rows(net, 'rows', x, tokens - queries, queries)
  const query = linearOp.linear(net, 'query', last, width)
  const keyValue = linearOp.linear(net, 'key_value', x, 2 * width)
  const out = attentionOp.attention(net, 'attention', query, keyValue, heads)
  return net.build({ out, weights: net.named('attention.weights')! })
}

/** Attention with a bias, a causal mask, or both, over rotated queries and keys. */
export function placedAttention(
  tokens: number,
  heads: number,
  headWidth: number,
  { causal, bias, from = 0 }: { causal: boolean; bias: boolean; from?: number },
): Program {
  const net = new ProgramBuilder()
  const width = heads * headWidth
  const x = input(net, tokens, width)
  const turn = { table: 'rope', heads, from, width }
  const query = ropeOp.rope(net, 'query.rope', linearOp.linear(net, 'query', x, width), turn)
  const both = linearOp.linear(net, 'key_value', x, 2 * width)
  const keyValue = ropeOp.rope(net, 'key_value.rope', both, turn)
  const options = bias ? { causal, bias: 'attention.bias' } : { causal }
  const out = attentionOp.attention(net, 'attention', query, keyValue, heads, options)
  return net.build({ query, keyValue, out, weights: net.named('attention.weights')! })
}

/**
 * Programs of attention over all head widths: those of published models, and multiples of 4 that are no multiples of 8;
 * each with another kind of scores, more queries than a GPU's workgroup has, and rows that are not rotated.
 */
export const everyHeadWidth = [4, 12, 20, 64, 72, 80, 96, 128].map(
  (headWidth, i): readonly [what: string, program: Program] => {
    const [causal, bias] = [i % 3 !== 1, i % 3 !== 0]
    const what = `heads of ${headWidth}${causal ? ', causal' : ''}${bias ? ', with a bias' : ''}`
    return [
      what,
      placedAttention(i % 2 === 0 ? 67 : 5, 2, headWidth, { causal, bias, from: i % 3 }),
    ]
  },
)

/** Rotated rows of which only the first are read, and those of a value with columns beyond the heads. */
export function rotated(
  rows: number,
  heads: number,
  headWidth: number,
  from: number,
  more: number,
): Program {
  const net = new ProgramBuilder()
  const width = heads * headWidth
  const x = input(net, rows, width + more)
  const turned = ropeOp.rope(net, 'turned', x, { table: 'angles', heads, from, width })
  const other = ropeOp.rope(net, 'other', turned, { table: 'whole', heads, width })
  return net.build({ turned, first: rowsOp.rows(net, 'first', other, 0, Math.ceil(rows / 2)) })
}

export function pooling(rows: number, columns: number): Program {
  const net = new ProgramBuilder()
  const x = tokens(net, 'tokens', input(net, rows, columns), 2)
  const mean = meanRows(net, 'mean', x, rows - 1)
  const norm = layerNorm(net, 'norm', rowsOp.rows(net, 'last', x, rows, 2), 1e-6)
  return net.build({ x, mean, norm, last: rowsOp.rows(net, 'again', norm, 1, 1) })
}

/** @param channels of each pixel */
export function patches(
  height: number,
  width: number,
  patch: readonly [number, number],
  channels = 3,
): Program {
  const net = new ProgramBuilder()
  const pixels = net.input('pixels', [height * width, channels])
  return net.build({ out: patchEmbed(net, 'patch', pixels, [height, width], patch, 9) })
}

/** The same windows over the pixels themselves, and over a value with that many channels. */
export function windows(window: Window, channels: number, width: number): Program {
  const net = new ProgramBuilder()
  const positions = positionsIn(window.grid)
  const x = input(net, positions, channels)
  const pixels = net.named('pixels')!
  return net.build({
    cut: convOp.conv2d(net, 'cut', pixels, window, width, { precise: true, bias: width % 2 === 0 }),
    conv: convOp.conv2d(net, 'conv', x, window, width, { bias: width % 3 === 0 }),
    pool: poolOp.maxPool(net, 'pool', x, window),
    least: poolOp.maxPool(net, 'least', pixels, window),
  })
}

/** A group norm of the input itself. */
export function inputNorm(rows: number, columns: number, groups: number): Program {
  const net = new ProgramBuilder()
  const pixels = net.input('pixels', [rows, columns])
  return net.build({ norm: normOp.groupNorm(net, 'norm', pixels, { groups, eps: 1e-6 }) })
}

export function groupNorm(rows: number, columns: number, groups: number): Program {
  const net = new ProgramBuilder()
  const x = input(net, rows, columns)
  const norm = normOp.groupNorm(net, 'norm', x, { groups, eps: 1e-6 })
  const relu = normOp.groupNorm(net, 'relu', norm, { groups, eps: 1e-5, activation: 'relu' })
  const residual = normOp.groupNorm(net, 'residual', x, { groups, eps: 1e-6, residual: relu })
  const activation = 'relu'
  const both = normOp.groupNorm(net, 'both', x, { groups, eps: 1e-6, residual, activation })
  return net.build({ norm, relu, residual, both })
}

/** What is transposed, alone and with something added; products of it, whose packing transposes, and one of its rows. */
export function transposed(rows: number, columns: number, width: number): Program {
  const net = new ProgramBuilder()
  const x = layerNorm(net, 'before', input(net, rows, columns), 1e-6)
  const turned = transposeOp.transpose(net, 'turned', x)
  const product = linearOp.linear(net, 'product', turned, width, { activation: 'gelu_erf' })
  const other = linearOp.linear(net, 'other', turned, rows, { bias: false })
  const back = transposeOp.transpose(net, 'back', other, x)
  const kept = transposeOp.transpose(net, 'kept', x)
  const of = linearOp.linear(net, 'of', kept, width, { residual: product })
  return net.build({ product, back, kept, of })
}

export function embedding(tokens: number, vocabulary: number, width: number): Program {
  const net = new ProgramBuilder()
  const ids = net.input('ids', [tokens, 1], 'i32')
  const sizes = { vocabulary, positions: tokens + 3, width }
  const plain = embeddingOp.tokenEmbedding(net, 'plain', ids, sizes)
  const segment = embeddingOp.tokenEmbedding(net, 'segment', ids, { ...sizes, segment: true })
  return net.build({ plain, segment })
}

/** A gated MLP behind an RMS norm, of which something else is read too; and a gate over what no layer has made. */
export function gated(rows: number, columns: number, width: number): Program {
  const net = new ProgramBuilder()
  const x = input(net, rows, columns)
  const packed = linearOp.linear(net, 'packed', rmsNorm(net, 'fused', x, 1e-6), 2 * width)
  const gate = gluOp.glu(net, 'gate', packed)
  const out = linearOp.linear(net, 'out', gate, columns, { residual: x })
  const norm = rmsNorm(net, 'norm', out, 1e-5)
  return net.build({ gate, out, norm, last: rowsOp.rows(net, 'last', gate, rows - 1, 1) })
}

/** A constant as an output, as a factor, as the query of attention, and as what is added; and some rows of it. */
export function constants(rows: number, heads: number, headWidth: number): Program {
  const net = new ProgramBuilder()
  const width = heads * headWidth
  const keyValue = linearOp.linear(net, 'key_value', input(net, rows, width), 2 * width)
  const probe = constant(net, 'probe', [3, width])
  const query = linearOp.linear(net, 'query', probe, width)
  const pooled = attentionOp.attention(net, 'pooled', query, keyValue, heads)
  const asked = attentionOp.attention(net, 'asked', probe, keyValue, heads)
  const out = linearOp.linear(net, 'out', pooled, width, { residual: probe })
  const norm = layerNorm(net, 'norm', probe, 1e-6)
  return net.build({ probe, out, asked, norm, row: rowsOp.rows(net, 'row', probe, 1, 1) })
}
