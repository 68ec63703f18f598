/** A point of a curve. */
export interface Point {
  readonly x: number
  readonly y: number
}

/**
 * An exponential moving average, without the pull towards its start.
 * @param weight of what was before, 0 to less than 1
 */
export function smoothed(points: readonly Point[], weight: number): Point[] {
  let [mean, known] = [0, 0]
  return points.map(({ x, y }) => {
    mean = weight * mean + (1 - weight) * y
    known = weight * known + (1 - weight)
    return { x, y: mean / known }
  })
}

/** More points than a screen has columns only take time: neighbours become their mean. */
export function thinned(points: readonly Point[], most = 500): readonly Point[] {
  if (points.length <= most) return points
  const each = Math.ceil(points.length / most)
  const out: Point[] = []
  for (let start = 0; start < points.length; start += each) {
    const group = points.slice(start, start + each)
    const mean = (of: (point: Point) => number) =>
      group.reduce((sum, point) => sum + of(point), 0) / group.length
    out.push({ x: mean(({ x }) => x), y: mean(({ y }) => y) })
  }
  return out
}

/** The point of the nearest x; points ascend. */
export function nearest(points: readonly Point[], x: number): Point | undefined {
  let [low, high] = [0, points.length - 1]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (points[middle]!.x < x) low = middle
    else high = middle
  }
  const [one, other] = [points[low], points[high]]
  if (!one || !other) return undefined
  return Math.abs(one.x - x) <= Math.abs(other.x - x) ? one : other
}
