import dot8 from '#inline/dot8'
import probe from '#inline/probe'
import relaxed8 from '#inline/relaxed8'
import simd8 from '#inline/simd8'
import type { WasmTable } from './wasm-table.ts'

/** What `vitrine/core` has: the kernels for one thread of any browser, in the same file as the code. */
export const wasmTable: WasmTable = {
  simd8: async () => ({ default: simd8 }),
  relaxed8: async () => ({ default: relaxed8 }),
  dot8: async () => ({ default: dot8 }),
  probe: async () => ({ default: probe }),
}
