/** Four neighbours on the grid and their weights. */
export interface Taps {
  readonly index: readonly number[]
  readonly weight: readonly number[]
}

/**
 * The cubic filter of Mitchell and Netravali (1988, B = C = 1/3): smooth, with little ringing. A
 * B-spline is smoother, but lowers the peak of a single hot patch too much.
 */
function mitchell(distance: number): number {
  const x = Math.abs(distance)
  if (x < 1) return (7 * x ** 3 - 12 * x ** 2 + 16 / 3) / 6
  return x < 2 ? ((-7 / 3) * x ** 3 + 12 * x ** 2 - 20 * x + 32 / 3) / 6 : 0
}

/**
 * Interpolation weights for every pixel along one side; undefined for pixels outside the grid.
 * @param toGrid maps a position in pixels to one in patches, both from the edge
 */
export function filterTaps(
  length: number,
  patches: number,
  toGrid: (pixel: number) => number,
): (Taps | undefined)[] {
  return Array.from({ length }, (_, pixel) => {
    const place = toGrid(pixel + 0.5)
    if (place < 0 || place >= patches) return undefined
    const first = Math.floor(place - 0.5)
    const t = place - 0.5 - first
    const index = [-1, 0, 1, 2].map((i) => Math.min(patches - 1, Math.max(0, first + i)))
    const weight = [-1, 0, 1, 2].map((i) => mitchell(t - i))
    return { index, weight }
  })
}

/** Interpolates between rows of the grid: one line of values. */
export function mixRows(values: Float32Array, { index, weight }: Taps, line: Float32Array): void {
  for (let x = 0; x < line.length; x++) {
    let sum = 0
    for (let i = 0; i < 4; i++) sum += weight[i]! * values[index[i]! * line.length + x]!
    line[x] = sum
  }
}

/** Interpolates between columns of such a line: one value. */
export function mixColumns(line: Float32Array, { index, weight }: Taps): number {
  let sum = 0
  for (let i = 0; i < 4; i++) sum += weight[i]! * line[index[i]!]!
  return sum
}
