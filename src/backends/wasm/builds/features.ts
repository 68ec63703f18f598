import { UnsupportedError } from '../../../errors.ts'
import { wasmModule } from '../../../inlined/wasm-files.ts'
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

let features: Promise<Features> | undefined

/** What this engine has; found out once. */
export function engineFeatures(): Promise<Features> {
  features ??= findFeatures()
  return features
}

async function findFeatures(): Promise<Features> {
  const relaxed = WebAssembly.validate(relaxedProbe)
  const simd = WebAssembly.validate(simdProbe)
  return { simd, relaxed, dot: relaxed ? await findDot() : 'missing' }
}

/** @throws UnsupportedError where the engine lacks an instruction set that the build needs */
export async function requireFeatures(build: Build): Promise<void> {
  const { simd, relaxed, dot } = await engineFeatures()
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
async function findDot(): Promise<Features['dot']> {
  const { dot } = new WebAssembly.Instance(await wasmModule('probe')).exports as {
    dot: (a: number, b: number) => number
  }
  if (dot(0x01020304, 0x05060708) !== 5 + 12 + 21 + 32) return 'wrong'
  return dot(0x7f7f7f7f, -1) === 2 * 32767 ? 'emulated' : 'native'
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
