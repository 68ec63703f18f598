import jpeg from '../../build/decoders/jpeg.wasm'
import webp from '../../build/decoders/webp.wasm'
import dot8 from '../../build/kernels/dot8.wasm'
import probe from '../../build/kernels/probe.wasm'
import relaxed8 from '../../build/kernels/relaxed8.wasm'
import simd8 from '../../build/kernels/simd8.wasm'
import type { WasmTable } from './wasm-table.ts'

/**
 * Edge runtimes compile WebAssembly when a program is deployed, never from bytes. They have no threads, and no switch
 * for V8's 256-bit pass, which only the wider kernels gain from.
 */
export const wasmTable: WasmTable = {
  simd8: async () => simd8,
  relaxed8: async () => relaxed8,
  dot8: async () => dot8,
  probe: async () => probe,
  jpeg: async () => jpeg,
  webp: async () => webp,
}
