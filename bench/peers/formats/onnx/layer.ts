import type { Conv2d } from '../../../../src/program/ops/conv2d.ts'
import type { Linear } from '../../../../src/program/ops/linear.ts'
import type { Part, WeightPart } from '../lowering.ts'
import { columnScales, isQuantized, quantized } from '../quantize.ts'
import type { Lowering } from './lowering.ts'

interface LayerOptions {
  /** What is multiplied, where that is not the operation's input as it is. */
  readonly input?: string
  readonly part?: Part
}

/** `input x kernel + bias` in two dimensions, of all columns or of one half of them. */
export function layer(
  op: Conv2d | Linear,
  lowering: Lowering,
  output: string,
  { input = lowering.name(op.input), part = 'all' }: LayerOptions = {},
): string {
  const { graph, dtype } = lowering
  const kernel = lowering.weight(op.kernel, part)
  const bias = op.bias === undefined ? [] : [vectorOf(lowering.weight(op.bias, part), lowering)]
  if (isQuantized(dtype, kernel.name)) return integerLayer(input, kernel, bias, lowering, output)
  const matrix = graph.floats(kernel.name, kernel.shape, kernel.values)
  return graph.node('Gemm', [input, matrix, ...bias], output)
}

const vectorOf = ({ name, shape, values }: WeightPart, { graph }: Lowering) =>
  graph.floats(name, [shape[1]], values)

/** As `quantize_dynamic` writes it; ONNX Runtime makes one operator of it. */
function integerLayer(
  input: string,
  kernel: WeightPart,
  bias: readonly string[],
  { graph }: Lowering,
  output: string,
): string {
  const [integers, inputScale, zeroPoint] = graph.quantized(input)
  const width = kernel.shape[1]
  const scales = columnScales(kernel.values(), width)
  const make = () => quantized(kernel.values(), scales)
  const matrix = graph.int8s(`${kernel.name}.quantized`, kernel.shape, make)
  const columnScale = graph.floats(`${kernel.name}.scale`, [width], () => scales)
  const sums = graph.node('MatMulInteger', [integers, matrix, zeroPoint], `${output}.sums`)
  const cast = graph.node('Cast', [sums], `${output}.cast`, { to: 1 })
  const scale = graph.node('Mul', [inputScale, columnScale], `${output}.scale`)
  const scaled = graph.node('Mul', [cast, scale], bias.length ? `${output}.scaled` : output)
  return bias.length ? graph.node('Add', [scaled, ...bias], output) : scaled
}
