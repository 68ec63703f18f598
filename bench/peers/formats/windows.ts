import { UnsupportedError } from '../../../src/errors.ts'
import { isPadded, positionsAfter, type Window } from '../../../src/program/ops/window.ts'

/** Whether the windows lie side by side from the first position on, and nothing is padded. */
export const arePatches = (window: Window): boolean =>
  [0, 1].every((axis) => window.stride[axis] === window.size[axis]) && !isPadded(window)

/**
 * Positions of padding before and after each axis, for an engine that has as many outputs as fit.
 * @throws UnsupportedError where the window has fewer outputs
 */
export function paddingOf(window: Window): readonly [before: number, after: number][] {
  const { grid, size, stride, before, outputs } = window
  const after = positionsAfter(window)
  return ([0, 1] as const).map((axis) => {
    const behind = Math.max(0, after[axis])
    const whole = grid[axis] + before[axis] + behind - size[axis]
    if (Math.floor(whole / stride[axis]) + 1 === outputs[axis]) return [before[axis], behind]
    throw new UnsupportedError(
      `A window of ${size.join(' x ')} that leaves out some of its outputs is no operator of other engines.`,
    )
  })
}
