import { ProgramBuilder } from '../../src/program/builder.ts'
import type { Activation } from '../../src/program/ops/linear.ts'
import type { Program } from '../../src/program/program.ts'

// Programs of single ops, over whose shapes two backends are compared. An op's input is a patch
// embedding of one-pixel patches: [rows, 3] to [rows, columns].

const input = (net: ProgramBuilder, columns: number) => net.patchEmbed('patch', [1, 1], columns)

export function linear(
  rows: number,
  inner: number,
  columns: number,
  activation: Activation,
): Program {
  const net = new ProgramBuilder([rows, 3])
  const x = input(net, inner)
  const first = net.linear('first', x, columns, { activation, bias: columns % 2 === 0 })
  const second = net.linear('second', x, columns, { activation, residual: first })
  return net.build({ first, second })
}

export function attention(
  tokens: number,
  queries: number,
  heads: number,
  headWidth: number,
): Program {
  const net = new ProgramBuilder([tokens, 3])
  const x = input(net, heads * headWidth)
  const query = net.linear(
    'query',
    net.rows('rows', x, tokens - queries, queries),
    heads * headWidth,
  )
  const keyValue = net.linear('key_value', x, 2 * heads * headWidth)
  const out = net.attention('attention', query, keyValue, heads)
  return net.build({ out, weights: net.named('attention.weights')! })
}

export function pooling(rows: number, columns: number): Program {
  const net = new ProgramBuilder([rows, 3])
  const x = net.tokens('tokens', input(net, columns), 2)
  const mean = net.meanRows('mean', x, rows - 1)
  const norm = net.layerNorm('norm', net.rows('last', x, rows, 2), 1e-6)
  return net.build({ x, mean, norm, last: net.rows('again', norm, 1, 1) })
}

export function patches(height: number, width: number, patch: [number, number]): Program {
  const net = new ProgramBuilder([height, 3 * width])
  return net.build({ out: net.patchEmbed('patch', patch, 9) })
}
