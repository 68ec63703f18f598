/** A picture that needs no file, of which every program can compute features: a ramp of each colour. */
export const probePicture = {
  width: 64,
  height: 64,
  data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3]
    const [x, y] = [pixel % 64, pixel >> 6]
    return 4 * [x, y, (x + y) % 64][channel]!
  }),
}

/**
 * The features of one model, computed in different types and on different machines, differ by a few percent; those of
 * two models by more than half.
 */
const SAME = 0.25

/** Whether one model made both features of the probe picture. */
export function isSameProbe(one: ArrayLike<number>, other: ArrayLike<number>): boolean {
  if (one.length !== other.length) return false
  let difference = 0
  let length = 0
  for (let i = 0; i < one.length; i++) {
    difference += (one[i]! - other[i]!) ** 2
    length += other[i]! ** 2
  }
  return Math.sqrt(difference) <= SAME * Math.sqrt(length)
}
