import { sameWindow, type Window } from '../../../../src/program/ops/window.ts'
import type { ValueId } from '../../../../src/program/values.ts'
import { paddingOf } from '../windows.ts'
import type { Lowering } from './lowering.ts'

/** `Padding` */
const SAME = 0
const VALID = 1

/** What lies outside of the image where it is padded by an operator of its own. */
const LOWEST = -3.4028234663852886e38

/**
 * An operation's input as `[batch, rows, columns, channels]`, and how its operator pads it. Padding that is not
 * TensorFlow's SAME is added before.
 * @param isPool whether padding must never be the largest value
 */
export function inWindow(
  id: ValueId,
  window: Window,
  lowering: Lowering,
  isPool = false,
): { image: number; padding: typeof SAME | typeof VALID } {
  const { graph, batch } = lowering
  const { grid, size, stride } = window
  const [, channels] = lowering.shape(id)
  const image = graph.reshape(lowering.tensor(id), [batch, ...grid, channels])
  const padding = paddingOf(window)
  if (padding.flat().every((count) => count === 0)) return { image, padding: VALID }
  const same = sameWindow(grid, size, stride)
  if (String([same.before, same.outputs]) === String([window.before, window.outputs])) {
    return { image, padding: SAME }
  }
  const dims = [batch, ...grid.map((side, i) => side + padding[i]![0] + padding[i]![1]), channels]
  const sides = graph.integers([0, 0, ...padding.flat(), 0, 0], [4, 2])
  if (!isPool) return { image: graph.apply('PAD', [image, sides], dims), padding: VALID }
  const lowest = graph.floats('lowest', [1], () => new Float32Array([LOWEST]))
  return { image: graph.apply('PADV2', [image, sides, lowest], dims), padding: VALID }
}
