import { checkShape } from '../ops/check-shape.ts'
import { type Conv2d, conv2dOperation } from '../ops/conv2d.ts'
import type { Writer } from '../ops/operation.ts'
import { type Grid, positionsIn, validWindow, type Window } from '../ops/window.ts'
import type { ValueId } from '../values.ts'

export interface Conv2dOptions {
  bias?: boolean
  /** Never quantised; see Weight.precise. */
  precise?: boolean
}

/**
 * `[output positions, width]`, row by row. Weights: `NAME.kernel` `[window rows * window columns * channels, width]`,
 * and `NAME.bias`.
 * @param window over the positions of the input
 * @throws ArgumentError where the window's grid is not the input's
 */
export function conv2d(
  net: Writer<Conv2d>,
  name: string,
  input: ValueId,
  window: Window,
  width: number,
  { bias = true, precise = false }: Conv2dOptions = {},
): ValueId {
  const [positions, channels] = net.shape(input)
  checkShape(name, [positions, channels], [positionsIn(window.grid), channels])
  const { weights } = conv2dOperation
  const inner = positionsIn(window.size) * channels
  const output = net.value(name, [positionsIn(window.outputs), width])
  net.push({
    op: 'conv2d',
    input,
    output,
    kernel: net.weight(`${name}.kernel`, [inner, width], weights.kernel!, precise),
    bias: bias ? net.weight(`${name}.bias`, [1, width], weights.bias!) : undefined,
    window,
  })
  return output
}

/**
 * Cuts an image into patches and projects each: `[patches, width]`, row by row. Positions that do not fill a patch are
 * left out.
 * @param grid rows and columns of the input's positions
 * @throws ArgumentError where the grid holds no patch, or is not the input's
 */
export const patchEmbed = (
  net: Writer<Conv2d>,
  name: string,
  input: ValueId,
  grid: Grid,
  patchSize: Grid,
  width: number,
): ValueId => conv2d(net, name, input, validWindow(grid, patchSize), width, { precise: true })
