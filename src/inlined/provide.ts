import { readRecord } from '../check-fields.ts'
import type { Field, Fields } from '../fields.ts'
import { provided, type WasmFiles } from './wasm-files.ts'
import { wasmNames } from './wasm-names.ts'

/** Also for modules that come from outside of the sandbox in which a program runs, as in Vercel's edge runtime. */
const isModule = (value: unknown): boolean =>
  Object.prototype.toString.call(value) === '[object WebAssembly.Module]'

const file: Field = {
  wanted: 'a WebAssembly.Module, an ArrayBuffer or a Uint8Array',
  valid: (value) => isModule(value) || value instanceof ArrayBuffer || value instanceof Uint8Array,
}

/**
 * Provides WebAssembly files where this package can't bring its own: a runtime that compiles none from bytes, under
 * a bundler that does not follow the package's imports of `.wasm` files. Import them as that bundler does
 * (`vitrine/kernels/simd8.wasm`) and call this before the first model is loaded. Kernels are `simd8`, `relaxed8`
 * and `dot8`; `probe` tells which the engine runs best; `jpeg` and `webp` are decoders.
 * @throws ArgumentError for unknown names and for what is neither a module nor bytes
 */
export function provideWasm(files: WasmFiles): void {
  const fields = Object.fromEntries(wasmNames.map((name) => [name, file])) as Fields<WasmFiles>
  Object.assign(provided, readRecord('The WebAssembly files', fields, files))
}
