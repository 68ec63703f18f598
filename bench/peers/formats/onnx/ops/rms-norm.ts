import type { RmsNorm } from '../../../../../src/program/ops/rms-norm.ts'
import type { LowerOp } from '../lowering.ts'

/** The operators that ONNX Runtime fuses to one; opset 20 has none for it. */
export const rmsNorm: LowerOp<RmsNorm> = ({ input, output, scale, eps }, lowering) => {
  const { graph } = lowering
  const out = lowering.name(output)
  const x = lowering.name(input)
  const scalar = (value: number) =>
    graph.floats(`scalar.${value}`, [], () => Float32Array.of(value))
  const squares = graph.node('Pow', [x, scalar(2)], `${out}.squares`)
  const axes = graph.integers('list.1', [1])
  const mean = graph.node('ReduceMean', [squares, axes], `${out}.mean`, { keepdims: 1 })
  const moved = graph.node('Add', [mean, scalar(eps)], `${out}.moved`)
  const size = graph.node('Sqrt', [moved], `${out}.size`)
  const normal = graph.node('Div', [x, size], `${out}.normal`)
  graph.node('Mul', [normal, lowering.vector(scale)], out)
}
