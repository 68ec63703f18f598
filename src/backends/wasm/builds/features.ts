import { UnsupportedError } from '../../../errors.ts'
import type { Build } from './builds.ts'

/** The WebAssembly features of this engine. */
export interface Features {
  readonly simd: boolean
  readonly relaxed: boolean
  /**
   * The dot product of bytes, `i32x4.relaxed_dot_i8x16_i7x16_add_s`. `wrong`: the baseline compiler of
   * Node 20 computes it incorrectly. `emulated`: several instructions. `native`: one instruction.
   */
  readonly dot: 'missing' | 'wrong' | 'emulated' | 'native'
}

let found: Features | undefined

/** Examines the engine, once. */
export function engineFeatures(): Features {
  found ??= findFeatures()
  return found
}

function findFeatures(): Features {
  const relaxed = WebAssembly.validate(relaxedProbe)
  return { simd: WebAssembly.validate(simdProbe), relaxed, dot: relaxed ? dotOf() : 'missing' }
}

/** @throws UnsupportedError where the engine lacks an instruction set that the build needs */
export function requireFeatures(build: Build): void {
  const { simd, relaxed, dot } = engineFeatures()
  const isDot = build.name === 'dot8' || build.name === 'dot16'
  if (simd && (relaxed || !build.relaxed) && (dot !== 'wrong' || !isDot)) return
  const wanted = isDot && relaxed ? 'a correct dot product' : simd ? 'relaxed SIMD' : 'SIMD'
  throw new UnsupportedError(
    `The kernels ${build.name} need WebAssembly ${wanted}, which this engine does not have.`,
  )
}

/**
 * The specification leaves the result open for a second factor of more than 7 bits, which reveals the
 * implementation: AVX-VNNI treats it as unsigned (127 * 255 * 4), ARM as signed (127 * -1 * 4). A sum of
 * two saturated pairs, 2 * (2^15 - 1), shows 16-bit intermediate sums: then kernels that add eight
 * products in 16 bits are faster.
 */
function dotOf(): Features['dot'] {
  if (dot(0x01020304, 0x05060708) !== 5 + 12 + 21 + 32) return 'wrong'
  return dot(0x7f7f7f7f, -1) === 2 * 32767 ? 'emulated' : 'native'
}

function dot(a: number, b: number): number {
  const constant = (word: number) => [0x41, ...signed(word), 0xfd, 0x11] // i32x4.splat
  const body = [...constant(a), ...constant(b), ...constant(0), 0xfd, 0x93, 0x02, 0xfd, 0x1b, 0]
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(
      new Uint8Array([
        ...[...header, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 10],
        ...[body.length + 4, 1, body.length + 2, 0, ...body, 11],
      ]),
    ),
  )
  return (exports.f as () => number)()
}

/** A 32-bit integer as LEB128. */
function signed(word: number): number[] {
  const last = word >= -64 && word < 64
  return last ? [word & 127] : [(word & 127) | 128, ...signed(word >> 7)]
}

const header = [0, 97, 115, 109, 1, 0, 0, 0]
// (module (func (param v128) (result v128)  local.get 0  local.get 0  INSTRUCTION))
const probe = (...body: number[]) =>
  new Uint8Array([
    ...[...header, 1, 6, 1, 0x60, 1, 0x7b, 1, 0x7b, 3, 2, 1, 0, 10],
    ...[body.length + 4, 1, body.length + 2, 0, ...body, 11],
  ])
const simdProbe = probe(0x20, 0, 0x20, 0, 0xfd, 0xe4, 0x01) // f32x4.add
const relaxedProbe = probe(0x20, 0, 0x20, 0, 0x20, 0, 0xfd, 0x85, 0x02) // f32x4.relaxed_madd
