import type { Conv2d } from '../../../../src/program/ops/conv2d.ts'
import type { Linear } from '../../../../src/program/ops/linear.ts'
import type { Part } from '../lowering.ts'
import { scaled, transposed } from '../matrix.ts'
import { columnScales, isQuantized, quantized } from '../quantize.ts'
import type { Lowering } from './lowering.ts'

/** `input x kernel + bias`, of all columns or of one half of them. The kernel is `[columns, inner]` there. */
export function layer(op: Linear, lowering: Lowering, part: Part = 'all'): number {
  const { graph, dtype, batch } = lowering
  const { name, shape, values } = lowering.weight(op.kernel, part)
  const [inner, width] = shape
  const kernel = () => scaled(values(), factorOf(op, lowering))
  const dims = [batch * lowering.shape(op.output)[0], width]
  const input = lowering.tensor(op.input)
  if (!isQuantized(dtype, name)) {
    const matrix = graph.floats(name, [width, inner], () => transposed(kernel(), width))
    return graph.apply('FULLY_CONNECTED', [input, matrix, bias(op, lowering, part)], dims)
  }
  const scales = columnScales(kernel(), width)
  const matrix = graph.int8s(name, [width, inner], scales, () =>
    transposed(quantized(kernel(), scales), width),
  )
  // Activations may have a zero point; without this XNNPACK does not take the layer.
  const asymmetric = { field: 3, int8: 1 }
  const inputs = [input, matrix, bias(op, lowering, part)]
  return graph.apply('FULLY_CONNECTED_HYBRID', inputs, dims, [asymmetric])
}

/** The bias of a layer, or zeros. */
export function bias(op: Linear | Conv2d, lowering: Lowering, part: Part = 'all'): number {
  const { graph } = lowering
  if (op.bias === undefined) {
    const [, width] = lowering.weight(op.kernel, part).shape
    return graph.floats(`zeros ${width}`, [width], () => new Float32Array(width))
  }
  const { name, shape, values } = lowering.weight(op.bias, part)
  return graph.floats(name, [shape[1]], () => scaled(values(), factorOf(op, lowering)))
}

const factorOf = ({ output }: Linear | Conv2d, { scaledQueryLayers }: Lowering) =>
  scaledQueryLayers.get(output) ?? 1
