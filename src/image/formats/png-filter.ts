/**
 * Undoes a PNG filter in place (PNG specification, section 9). `line` and `previous` are scanlines
 * without their filter byte; `step` is the bytes of a whole pixel, at least 1. Returns false for an
 * unknown filter type.
 */
export function unfilter(
  type: number,
  line: Uint8Array,
  previous: Uint8Array,
  step: number,
): boolean {
  const { length } = line
  switch (type) {
    case 0:
      return true
    case 1:
      for (let i = step; i < length; i++) line[i] = line[i]! + line[i - step]!
      return true
    case 2:
      for (let i = 0; i < length; i++) line[i] = line[i]! + previous[i]!
      return true
    case 3:
      for (let i = 0; i < length; i++) {
        const left = i < step ? 0 : line[i - step]!
        line[i] = line[i]! + ((left + previous[i]!) >> 1)
      }
      return true
    case 4:
      for (let i = 0; i < length; i++) {
        const left = i < step ? 0 : line[i - step]!
        const upperLeft = i < step ? 0 : previous[i - step]!
        line[i] = line[i]! + paeth(left, previous[i]!, upperLeft)
      }
      return true
    default:
      return false
  }
}

function paeth(left: number, up: number, upperLeft: number): number {
  const toLeft = Math.abs(up - upperLeft)
  const toUp = Math.abs(left - upperLeft)
  const toUpperLeft = Math.abs(left + up - 2 * upperLeft)
  if (toLeft <= toUp && toLeft <= toUpperLeft) return left
  return toUp <= toUpperLeft ? up : upperLeft
}
