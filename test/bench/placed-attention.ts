import { ProgramBuilder } from '../../src/program/builder.ts'
import { attention } from '../../src/program/layers/attention.ts'
import { linear } from '../../src/program/layers/linear.ts'
import { rope } from '../../src/program/layers/rope.ts'
import type { Program } from '../../src/program/program.ts'

/**
 * Attention over rotated queries and keys: with a bias, behind rows that are not rotated; causal; with both; and a value
 * all of whose rows and columns are rotated.
 */
export function placedAttention(): Program {
  const net = new ProgramBuilder()
  const x = net.input('x', [6, 8])
  const whole = rope(net, 'whole', x, { table: 'angles', heads: 2 })
  const queryLayer = linear(net, 'blocks.0.query', whole, 8)
  const query = rope(net, 'query', queryLayer, { table: 'rope', heads: 2, from: 1 })
  const both = linear(net, 'blocks.0.key_value', whole, 16)
  const keyValue = rope(net, 'key_value', both, { table: 'rope', heads: 2, from: 1, width: 8 })
  const biased = attention(net, 'biased', query, keyValue, 2, { bias: 'offsets' })
  const next = linear(net, 'blocks.1.query', biased, 8)
  const causal = attention(net, 'causal', next, keyValue, 2, { causal: true })
  const last = linear(net, 'blocks.2.query', causal, 8)
  return net.build({
    out: attention(net, 'both', last, both, 2, { causal: true, bias: 'offsets' }),
  })
}
