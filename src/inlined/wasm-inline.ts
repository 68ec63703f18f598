import probe from '#inline/probe'
import type { WasmTable } from './wasm-table.ts'

/**
 * Every file is a JavaScript module of its own, which is imported when it is needed; but for the probe, which is small
 * and runs before any of the others.
 */
export const wasmTable: Required<WasmTable> = {
  simd8: () => import('#inline/simd8'),
  simd16: () => import('#inline/simd16'),
  relaxed8: () => import('#inline/relaxed8'),
  relaxed16: () => import('#inline/relaxed16'),
  dot8: () => import('#inline/dot8'),
  dot16: () => import('#inline/dot16'),
  'simd8-threads': () => import('#inline/simd8-threads'),
  'simd16-threads': () => import('#inline/simd16-threads'),
  'relaxed8-threads': () => import('#inline/relaxed8-threads'),
  'relaxed16-threads': () => import('#inline/relaxed16-threads'),
  'dot8-threads': () => import('#inline/dot8-threads'),
  'dot16-threads': () => import('#inline/dot16-threads'),
  probe: async () => ({ default: probe }),
  jpeg: () => import('#inline/jpeg'),
  webp: () => import('#inline/webp'),
  'png-encoder': () => import('#inline/png-encoder'),
}
