import { Quantization } from '../../assembly/tape.ts'
import { type Build, integerSteps } from '../../src/backends/wasm/builds/builds.ts'

/** The ranges of the left and the right integers of a kernel. */
export function integerLimits(type: 'i8' | 'i16') {
  // 64 in place of 127: any eight weights may stand together then.
  return type === 'i8'
    ? ({ left: [0, 127], right: [-64, 64] } as const)
    : ({ left: [-2047, 2047], right: [-1023, 1023] } as const)
}

/** `[step][row]`, the words of rows of integers; what is beyond `inner` is 0. */
export function packRows(
  build: Build,
  rows: number,
  inner: number,
  integer: (row: number, k: number) => number,
): Int32Array {
  const { perStep } = build.integers
  const steps = integerSteps(build, inner)
  const bits = 32 / perStep
  return Int32Array.from({ length: steps * rows }, (_, at) => {
    const [step, row] = [Math.floor(at / rows), at % rows]
    let word = 0
    for (let i = 0; i < perStep; i++) {
      const k = step * perStep + i
      if (k < inner) word |= (integer(row, k) & (2 ** bits - 1)) << (i * bits)
    }
    return word
  })
}

/** The integers of one column of a panel. */
export function unpackedColumn(
  { integers: { perStep }, panel }: Build,
  words: Int32Array,
  column: number,
  inner: number,
): number[] {
  const bits = 32 / perStep
  return Array.from({ length: inner }, (_, k) => {
    const word = words[Math.floor(k / perStep) * panel + column]!
    return (word << (32 - bits * ((k % perStep) + 1))) >> (32 - bits)
  })
}

const { fround } = Math

/** To the nearest integer, halves to even. */
function roundEven(x: number): number {
  const rounded = Math.round(x)
  return Math.abs(x - Math.trunc(x)) === 0.5 ? 2 * Math.round(x / 2) : rounded
}

/** A row of activations as assembly/gemm/integer-pack.ts quantises it. */
export function quantizedRow(
  row: Float32Array,
  quantization: Quantization,
): { integers: number[]; scale: number; zero: number } {
  const low = row.reduce((a, b) => Math.min(a, b), 0)
  const high = row.reduce((a, b) => Math.max(a, b), 0)
  const least = fround(1e-30)
  if (quantization === Quantization.Int16) {
    const range = Math.max(high, -low, least)
    const inverse = fround(2047 / range)
    return {
      integers: Array.from(row, (x) => roundEven(fround(x * inverse))),
      scale: fround(range / 2047),
      zero: 0,
    }
  }
  const range = Math.max(fround(high - low), least)
  const inverse = fround(127 / range)
  const zero = roundEven(fround(-low * inverse))
  return {
    integers: Array.from(row, (x) => {
      return Math.min(127, Math.max(0, roundEven(fround(x * inverse)) + zero))
    }),
    scale: fround(range / 127),
    zero,
  }
}
