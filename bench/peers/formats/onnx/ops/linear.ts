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
  const activate: Activate | undefined = activations[op.activation]
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

/** `x * sigmoid(factor * x)` */
const swish =
  (factor: number): Activate =>
  (graph, input, output) => {
    const scalar = () => graph.floats(`scalar.${factor}`, [], () => Float32Array.of(factor))
    const inner = factor === 1 ? input : graph.node('Mul', [input, scalar()], `${output}.inner`)
    const gate = graph.node('Sigmoid', [inner], `${output}.sigmoid`)
    return graph.node('Mul', [input, gate], output)
  }

export const activations = {
  none: undefined,
  tanh: (graph: OnnxGraph, input: string, output: string) => graph.node('Tanh', [input], output),
  gelu_erf: gelu('none'),
  gelu_tanh: gelu('tanh'),
  quick_gelu: swish(1.702),
  silu: swish(1),
} as const satisfies Record<Activation, Activate | undefined>
