import { UnsupportedError } from '../../errors.ts'

/** IEEE 754 binary16 to binary32, exactly. */
export function halvesToFloats(halves: Uint16Array, floats: Float32Array): void {
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, halves.length)
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!
    const sign = (half & 0x8000) << 16
    const magnitude = half & 0x7fff
    if (magnitude >= 0x7c00) bits[i] = sign | 0x7f800000 | ((magnitude & 0x3ff) << 13)
    else if (magnitude >= 0x400) bits[i] = sign | ((magnitude << 13) + (112 << 23))
    // Subnormal halves are whole multiples of 2^-24.
    else floats[i] = (sign ? -1 : 1) * magnitude * 2 ** -24
  }
}

/**
 * binary32 to binary16, rounded to nearest, ties to even.
 * @param what for the message: the name of the tensor
 * @throws UnsupportedError for a finite value that would become infinite
 */
export function floatsToHalves(floats: Float32Array, what: string): Uint16Array {
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length)
  const halves = new Uint16Array(floats.length)
  for (let i = 0; i < floats.length; i++) {
    const sign = (bits[i]! >>> 16) & 0x8000
    const magnitude = bits[i]! & 0x7fffffff
    if (magnitude > 0x7f800000) halves[i] = sign | 0x7e00
    else if (magnitude === 0x7f800000) halves[i] = sign | 0x7c00
    // 65520 is the first value that rounds to 2^16.
    else if (magnitude >= 0x477ff000) {
      throw new UnsupportedError(
        `${what} has the value ${floats[i]}, which f16 can't hold (65504 at most); write f32 instead.`,
      )
    } else if (magnitude >= 0x38800000) {
      const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1)
      halves[i] = sign | ((rounded - (112 << 23)) >>> 13)
    } else halves[i] = sign | roundTiesToEven(Math.abs(floats[i]!) * 2 ** 24)
  }
  return halves
}

function roundTiesToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}
