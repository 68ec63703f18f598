import type { Activation, Linear } from '../../../../../src/program/ops/linear.ts'
import type { Shape } from '../../../../../src/program/values.ts'
import type { TfliteGraph } from '../graph.ts'
import { layer } from '../layer.ts'
import type { LowerOp } from '../lowering.ts'

export const linear: LowerOp<Linear> = (op, lowering) => {
  const { graph } = lowering
  const dims = lowering.stacked(op.output)
  const active = activations[op.activation](graph, layer(op, lowering), dims)
  if (op.residual === undefined) return active
  return graph.apply('ADD', [active, lowering.tensor(op.residual)], dims)
}

type Activate = (graph: TfliteGraph, tensor: number, dims: Shape) => number

const gelu =
  (approximate: 0 | 1): Activate =>
  (graph, tensor, dims) =>
    graph.apply('GELU', [tensor], dims, [{ field: 0, int8: approximate }])

/** `x * sigmoid(factor * x)` */
const swish =
  (factor: number): Activate =>
  (graph, tensor, dims) => {
    const scalar = () => graph.floats(`scalar ${factor}`, [1, 1], () => Float32Array.of(factor))
    const inner = factor === 1 ? tensor : graph.apply('MUL', [tensor, scalar()], dims)
    return graph.apply('MUL', [tensor, graph.apply('LOGISTIC', [inner], dims)], dims)
  }

export const activations: Record<Activation, Activate> = {
  none: (_, tensor) => tensor,
  tanh: (graph, tensor, dims) => graph.apply('TANH', [tensor], dims),
  gelu_erf: gelu(0),
  gelu_tanh: gelu(1),
  quick_gelu: swish(1.702),
  silu: swish(1),
}
