import { readFileSync } from 'node:fs'
import { unzipSync } from 'fflate'

/** The arrays of a NumPy archive, in float64 as it has them; our own reader makes f32 of everything. */
export function readNpz64(path: string): Map<string, Float64Array> {
  const arrays = new Map<string, Float64Array>()
  for (const [member, bytes] of Object.entries(unzipSync(readFileSync(path)))) {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true)
    const header = new TextDecoder().decode(bytes.subarray(10, 10 + length))
    const data = bytes.slice(10 + length).buffer
    const values = header.includes("'<f8'") ? new Float64Array(data) : new Float32Array(data)
    arrays.set(member.replace(/\.npy$/, ''), Float64Array.from(values))
  }
  return arrays
}
