import { wasmTable } from '#wasm'
import { UnsupportedError } from '../errors.ts'
import { type Field, type Fields, readRecord } from '../fields.ts'
import { unpack } from './unpack.ts'
import { type WasmName, wasmNames } from './wasm-names.ts'

/** WebAssembly files by name, compiled or as bytes. */
export type WasmFiles = {
  readonly [Name in WasmName]?: WebAssembly.Module | ArrayBuffer | Uint8Array | undefined
}

/** They serve every model of the process, as the package's own do. */
const provided: WasmFiles = {}

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

/**
 * A WebAssembly file: the provided one, or the package's own.
 * @throws UnsupportedError for a file that this build of the package does not have
 */
export async function wasmFile(name: WasmName): Promise<WebAssembly.Module | Uint8Array> {
  const own = provided[name]
  if (own) return own instanceof ArrayBuffer ? new Uint8Array(own) : own
  const found = await wasmTable[name]?.()
  if (!found) {
    throw new UnsupportedError(
      `This build of vitrine does not contain ${name}.wasm; pass it to provideWasm, or import 'vitrine' in Node or a browser.`,
    )
  }
  return 'default' in found ? unpack(found.default) : found
}

/** The same, compiled. */
export async function wasmModule(name: WasmName): Promise<WebAssembly.Module> {
  const file = await wasmFile(name)
  return file instanceof Uint8Array ? WebAssembly.compile(file as BufferSource) : file
}
