import jpeg from '#inline/jpeg'
import webp from '#inline/webp'
import type { WasmTable } from './wasm-table.ts'

/** What a page's worker decodes with. Nothing is imported dynamically, which bundlers refuse in a worker. */
export const wasmTable: WasmTable = {
  jpeg: async () => ({ default: jpeg }),
  webp: async () => ({ default: webp }),
}
