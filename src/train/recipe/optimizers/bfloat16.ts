const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** The nearest bfloat16, ties to even, as its 16 bits. NaN stays NaN. */
export function toBfloat16(value: number): number {
  float[0] = value
  const word = bits[0]!
  // Rounding could carry NaN's mantissa over to infinity.
  if ((word & 0x7fffffff) > 0x7f800000) return (word >>> 16) | 0x40
  return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16
}

export function fromBfloat16(half: number): number {
  bits[0] = half << 16
  return float[0]!
}
