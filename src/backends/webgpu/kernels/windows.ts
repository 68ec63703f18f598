import { isPadded, positionsIn, type Window } from '../../../program/ops/window.ts'
import type { Storage } from './kernel.ts'

/** The left-hand side of a product whose rows are the windows of images. */
export interface Windows {
  readonly window: Window
  readonly channels: number
  /** Elements from one position to the next: the channels, and padding where there is some. */
  readonly pitch: number
  /** Rows of zeros before the windows of each image. */
  readonly skip: number
}

/** Whether a vector lies in one position, so that it is read at once. */
const isWhole = ({ channels }: Windows) => channels % 4 === 0

export const windowsType = (windows: Windows, storage: Storage): string =>
  isWhole(windows) ? `vec4<${storage}>` : storage

/** Part of a kernel's name. */
export const windowsName = ({ window, channels }: Windows): string =>
  `_windows_${window.size.join('x')}x${channels}`

/**
 * WGSL that reads row `row`, vector `k` of the windows. The window is part of the code, not a parameter: a division
 * by a constant costs little, and there are several for each vector.
 */
export function windowsText(windows: Windows, storage: Storage): string {
  const { window, skip } = windows
  const { grid, stride, before, outputs } = window
  const rows = skip + positionsIn(outputs)
  const place = (axis: 0 | 1, output: string) => `${output} * ${stride[axis]}u - ${before[axis]}u`
  return `${elementText(windows, storage)}
fn load_a(row: u32, k: u32) -> vec4<${storage}> {
  let token = row % ${rows}u;
  if (row >= params.rows || token < ${skip}u) { return vec4<${storage}>(); }
  let output = token - ${skip}u;
  let image = row / ${rows}u * ${grid[0]}u;
  let top = ${place(0, `output / ${outputs[1]}u`)};
  let left = ${place(1, `output % ${outputs[1]}u`)};
  ${
    isWhole(windows)
      ? 'return element(image, top, left, k);'
      : `return vec4(
    element(image, top, left, 4 * k), element(image, top, left, 4 * k + 1),
    element(image, top, left, 4 * k + 2), element(image, top, left, 4 * k + 3),
  );`
  }
}`
}

/**
 * The WGSL function `element`: element `k` of a window, or vector `k` where it lies in one position. Without padding
 * between positions, a row of a window is a run of elements, and so is a row of the grid. Places above and left of
 * the grid wrap around to large numbers.
 */
function elementText(windows: Windows, storage: Storage): string {
  const { window, channels, pitch } = windows
  const unit = isWhole(windows) ? 4 : 1
  const isRun = pitch === channels
  const type = windowsType(windows, storage)
  const run = (window.size[1] * channels) / unit
  const line = (window.grid[1] * pitch) / unit
  const x = isRun ? `left * ${channels / unit}u + k % ${run}u` : `left + k % ${run}u / ${channels}u`
  const at = isRun ? 'x' : `x * ${pitch}u + k % ${run}u % ${channels}u`
  const inside = [
    `y < ${window.size[0]}u`,
    ...(isPadded(window)
      ? [`top + y < ${window.grid[0]}u`, `x < ${isRun ? line : window.grid[1]}u`]
      : []),
  ]
  return `fn element(image: u32, top: u32, left: u32, k: u32) -> ${type} {
  let y = k / ${run}u;
  let x = ${x};
  if (${inside.join(' && ')}) { return a[(image + top + y) * ${line}u + ${at}]; }
  return ${type}();
}`
}
