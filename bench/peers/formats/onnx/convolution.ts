import type { Conv2d } from '../../../../src/program/ops/conv2d.ts'
import type { Linear } from '../../../../src/program/ops/linear.ts'
import { positionsIn, validWindow, type Window } from '../../../../src/program/ops/window.ts'
import { transposed } from '../matrix.ts'
import { columnScales, isQuantized, quantized } from '../quantize.ts'
import { paddingOf } from '../windows.ts'
import type { Attribute } from './file.ts'
import type { Lowering } from './lowering.ts'

/** Strides and padding of a window. */
export function windowAttributes(window: Window): Record<string, Attribute> {
  const padding = paddingOf(window)
  const pads = [0, 1].flatMap((side) => padding.map((sides) => sides[side]!))
  return { kernel_shape: window.size, strides: window.stride, pads }
}

/** A layer whose input and output are planes, as a convolution. */
export const planesLayer = (op: Linear, lowering: Lowering): void =>
  convolution(op, validWindow(lowering.grids.get(op.input)!, [1, 1]), lowering)

/** A convolution of planes. */
export function convolution(op: Linear | Conv2d, window: Window, lowering: Lowering): void {
  const { graph, dtype } = lowering
  const out = lowering.planesName(op.output)
  const input = lowering.planes(op.input, window.grid)
  const [, channels] = lowering.shape(op.input)
  const { name, shape, values } = lowering.weight(op.kernel)
  const width = shape[1]
  const dims = [width, channels, ...window.size]
  const taps = positionsIn(window.size)
  const attributes = windowAttributes(window)
  if (!isQuantized(dtype, name)) {
    const filters = graph.floats(name, dims, () => planesFirst(values(), taps, channels, width))
    const bias = op.bias === undefined ? [] : [lowering.vector(op.bias)]
    return void graph.node('Conv', [input, filters, ...bias], out, attributes)
  }
  const [integers, inputScale, zeroPoint] = graph.quantized(input)
  const scales = columnScales(values(), width)
  const filters = graph.int8s(`${name}.quantized`, dims, () =>
    planesFirst(quantized(values(), scales), taps, channels, width),
  )
  const filterScale = graph.floats(`${name}.scale`, [width, 1, 1], () => scales)
  const sums = graph.node('ConvInteger', [integers, filters, zeroPoint], `${out}.sums`, attributes)
  const cast = graph.node('Cast', [sums], `${out}.cast`, { to: 1 })
  const scale = graph.node('Mul', [inputScale, filterScale], `${out}.scale`)
  const scaled = graph.node('Mul', [cast, scale], op.bias === undefined ? out : `${out}.scaled`)
  if (op.bias !== undefined) graph.node('Add', [scaled, lowering.perPlane(op.bias)], out)
}

/** A kernel `[taps * channels, width]` as filters `[width, channels, taps]`. */
function planesFirst<Values extends Float32Array | Int8Array>(
  kernel: Values,
  taps: number,
  channels: number,
  width: number,
): Values {
  const filters = transposed(kernel, width)
  if (taps === 1) return filters
  const result = filters.slice() as Values
  const size = taps * channels
  for (let start = 0; start < filters.length; start += size) {
    const filter = filters.subarray(start, start + size) as Values
    result.set(transposed(filter, channels), start)
  }
  return result
}
