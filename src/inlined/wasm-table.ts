import type { WasmName } from './wasm-names.ts'

/** WebAssembly files by name: compiled modules, or base64 of deflated bytes. */
export type WasmTable = Partial<
  Record<WasmName, () => Promise<WebAssembly.Module | { readonly default: string }>>
>
