import { ProgramBuilder } from '../../src/program/builder.ts'
import * as attentionOp from '../../src/program/ops/attention.ts'
import { patchEmbed } from '../../src/program/ops/conv2d.ts'
import { layerNorm } from '../../src/program/ops/layer-norm.ts'
import * as linearOp from '../../src/program/ops/linear.ts'
import { meanRows } from '../../src/program/ops/mean-rows.ts'
import * as rowsOp from '../../src/program/ops/rows.ts'
import { tokens } from '../../src/program/ops/tokens.ts'
import type { Program } from '../../src/program/program.ts'

// Programs of single operations, over whose shapes two backends are compared. The input of each is a
// patch embedding of one-pixel patches: [rows, 3] to [rows, columns].

const input = (net: ProgramBuilder, rows: number, columns: number) =>
  patchEmbed(net, 'patch', net.input('pixels', [rows, 3]), [rows, 1], [1, 1], columns)

export function linear(
  rows: number,
  inner: number,
  columns: number,
  activation: linearOp.Activation,
): Program {
  const net = new ProgramBuilder()
  const x = input(net, rows, inner)
  const bias = columns % 2 === 0
  const first = linearOp.linear(net, 'first', x, columns, { activation, bias })
  const second = linearOp.linear(net, 'second', x, columns, { activation, residual: first })
  return net.build({ first, second })
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
