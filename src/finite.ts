/** The bits of an exponent that infinities and NaN have, and no other f32. */
const EXPONENT = 0x7f80_0000

/** The index of the first value that is infinite or NaN; -1 where all are finite. */
export function firstNonFinite(values: Float32Array): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  for (let i = 0; i < bits.length; i++) if ((bits[i]! & EXPONENT) === EXPONENT) return i
  return -1
}
