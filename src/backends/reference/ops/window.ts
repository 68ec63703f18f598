import type { Window } from '../../../program/ops/window.ts'

/**
 * Calls `visit` for every position that lies in a window, padding left out.
 * @param visit gets the index of the output, the place within its window, and the position in the grid
 */
export function eachInWindow(
  { grid, size, stride, before, outputs }: Window,
  visit: (output: number, place: number, position: number) => void,
): void {
  for (let row = 0; row < outputs[0]; row++) {
    for (let column = 0; column < outputs[1]; column++) {
      for (let y = 0; y < size[0]; y++) {
        const down = row * stride[0] - before[0] + y
        if (down < 0 || down >= grid[0]) continue
        for (let x = 0; x < size[1]; x++) {
          const across = column * stride[1] - before[1] + x
          if (across < 0 || across >= grid[1]) continue
          visit(row * outputs[1] + column, y * size[1] + x, down * grid[1] + across)
        }
      }
    }
  }
}
