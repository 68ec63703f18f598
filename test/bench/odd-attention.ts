import { ProgramBuilder } from '../../src/program/builder.ts'
import { attention } from '../../src/program/layers/attention.ts'
import { layerNorm } from '../../src/program/layers/layer-norm.ts'
import { linear } from '../../src/program/layers/linear.ts'
import type { Program } from '../../src/program/program.ts'

/**
 * Attention over layers that exporters may neither split nor scale: something else reads them, they
 * have an activation, or they are no linear layers. Of the last attention, keys and values can be made
 * by two layers; another attention reads them as well.
 */
export function oddAttention(): Program {
  const net = new ProgramBuilder()
  const x = net.input('x', [6, 8])
  const y = layerNorm(net, 'norm', x, 1e-6)
  const query = linear(net, 'blocks.0.query', y, 8)
  const active = linear(net, 'blocks.0.key_value', y, 16, { activation: 'tanh' })
  const first = attention(net, 'first', query, active, 2)
  const middle = linear(net, 'blocks.0.proj', first, 8, { residual: query })
  const keyValue = linear(net, 'blocks.1.key_value', middle, 16)
  const second = attention(net, 'second', y, keyValue, 4)
  const shared = linear(net, 'blocks.1.query', second, 8)
  const third = attention(net, 'third', shared, keyValue, 2)
  const fourth = attention(net, 'fourth', shared, keyValue, 4)
  const sum = linear(net, 'blocks.1.proj', third, 8, { residual: fourth })
  return net.build({ sum })
}

/** As {@link oddAttention}, with a query layer whose weights another layer uses too. */
export function sharedQueryWeights(): Program {
  const net = new ProgramBuilder()
  const x = net.input('x', [6, 8])
  const query = linear(net, 'blocks.0.query', x, 8)
  const keyValue = linear(net, 'blocks.0.key_value', x, 16)
  const mixed = attention(net, 'mixed', query, keyValue, 2)
  return net.build({ again: linear(net, 'blocks.0.query', mixed, 8) })
}
