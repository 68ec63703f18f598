import type { Activation, Linear } from '../../../../../src/program/ops/linear.ts'
import { planesLayer } from '../convolution.ts'
import type { OnnxGraph } from '../graph.ts'
import { layer } from '../layer.ts'
import type { LowerOp } from '../lowering.ts'

export const linear: LowerOp<Linear> = (op, lowering) =>
  lowering.grids.has(op.output) ? planesLayer(op, lowering) : rowsLayer(op, lowering)

const rowsLayer: LowerOp<Linear> = (op, lowering) => {
  const { graph } = lowering
  const out = lowering.name(op.output)
  const activate = activations[op.activation]
  const added = op.residual !== undefined
  const product = layer(op, lowering, activate || added ? `${out}.product` : out)
  const active = activate ? activate(graph, product, added ? `${out}.active` : out) : product
  if (op.residual !== undefined) graph.node('Add', [active, lowering.name(op.residual)], out)
}

type Activate = (graph: OnnxGraph, input: string, output: string) => string

const gelu =
  (approximate: 'none' | 'tanh'): Activate =>
  (graph, input, output) =>
    graph.node('Gelu', [input], output, { approximate })

const activations: Record<Activation, Activate | undefined> = {
  none: undefined,
  tanh: (graph, input, output) => graph.node('Tanh', [input], output),
  gelu_erf: gelu('none'),
  gelu_tanh: gelu('tanh'),
}
