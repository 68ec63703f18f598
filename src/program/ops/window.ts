import { ArgumentError } from '../../errors.ts'

export type Grid = readonly [rows: number, columns: number]

/** A window that slides over a grid of positions. */
export interface Window {
  /** Rows and columns of the input's positions: an image's height and width in pixels. */
  readonly grid: Grid
  readonly size: Grid
  readonly stride: Grid
  /** Positions of padding above the first row and left of the first column. */
  readonly before: Grid
  /** Rows and columns of the output. Its last windows may reach beyond the grid, into padding. */
  readonly outputs: Grid
}

/**
 * Windows that lie within the grid (VALID): positions that do not fill one are left out.
 * @throws ArgumentError where the grid holds no window
 */
export function validWindow(grid: Grid, size: Grid, stride: Grid = size): Window {
  const count = (axis: 0 | 1) => Math.floor((grid[axis] - size[axis]) / stride[axis]) + 1
  const outputs = [count(0), count(1)] as const
  if (outputs[0] < 1 || outputs[1] < 1) {
    throw new ArgumentError(
      `An image of ${grid.join(' x ')} pixels holds no patch of ${size.join(' x ')}.`,
    )
  }
  return { grid, size, stride, before: [0, 0], outputs }
}

/**
 * One window for every `stride` positions (TensorFlow's SAME): the grid is padded to hold them all, and where the
 * padding is odd there is one position more below and right than above and left.
 */
export function sameWindow(grid: Grid, size: Grid, stride: Grid): Window {
  const outputs = [Math.ceil(grid[0] / stride[0]), Math.ceil(grid[1] / stride[1])] as const
  const before = (axis: 0 | 1) => {
    const padding = (outputs[axis] - 1) * stride[axis] + size[axis] - grid[axis]
    return Math.floor(Math.max(0, padding) / 2)
  }
  return { grid, size, stride, before: [before(0), before(1)], outputs }
}

/** The number of positions of a grid. */
export const positionsIn = ([rows, columns]: Grid): number => rows * columns

/** Positions of padding below the last row and right of the last column that windows reach; negative for positions left over. */
export const positionsAfter = ({ grid, size, stride, before, outputs }: Window): Grid => {
  const after = (axis: 0 | 1) =>
    (outputs[axis] - 1) * stride[axis] + size[axis] - before[axis] - grid[axis]
  return [after(0), after(1)]
}

/** Whether some windows reach into padding. */
export const isPadded = (window: Window): boolean =>
  [...window.before, ...positionsAfter(window)].some((count) => count > 0)
